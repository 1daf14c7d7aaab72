import Crypto
import Foundation
import Storage
import Vocabulary

/// Another master key, in steps of which each may be the last before a crash. The new key is put beside the present one
/// (`master.key.next`) before the database hears of it, the database changes over in one transaction, and only then
/// does the file. In between a start finds the right one of the two, and the same command finishes what was begun.
public struct MasterKeyChange: Sendable {
    /// The file that the configuration names.
    public let path: String
    /// Where the new key is until it is in force.
    public var next: String { path + ".next" }
    private var recovery: String { path + ".recovery" }

    /// - Throws: `keys.not_a_file` where the key does not come from a file.
    public init(_ configuration: Configuration) throws {
        guard case .file(let path) = configuration.masterKey else {
            throw Fault(
                "keys.not_a_file", .caller,
                "The master key comes from \(configuration.masterKey), which this command cannot change.",
                remedy: "Put it into a file of mode 0400, name that in keys.master_key_file, and run this again.")
        }
        self.path = path
    }

    /// Whether a change was begun and not finished.
    public var isPending: Bool { FileManager.default.fileExists(atPath: next) }

    /// Runs one change from its beginning to its end while no other process is at one: two at once would each take the
    /// other's half for its own, and show a recovery code of a key that is not in force.
    ///
    /// - Throws: `keys.change_running`, and what `body` throws.
    public func alone<Value>(_ body: () async throws -> Value) async throws -> Value {
        // The folder itself is locked, which leaves no file behind and goes with the process, however it ends (flock(2)).
        let folder = open(self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw Fault("configuration.unreadable", .ourselves, "\(self.folder) cannot be opened.")
        }
        defer { close(folder) }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(
                "keys.change_running", .caller, "Another change of the master key in \(self.folder) is going on.",
                remedy: "Wait until it has ended, and look at what it said.")
        }
        return try await body()
    }

    /// Makes the new key and seals it anew for recovery; one that an interrupted change left is taken up. Answers its
    /// recovery code, which is nowhere else.
    ///
    /// - Throws: `configuration.secret_exists`, `configuration.write_failed`, and what reading throws.
    public func prepare() throws -> SecretText {
        try setAsideWhatIsNoKey()
        let key = try pending() ?? MasterKey.generate()
        if !isPending { try put(key.hexadecimal, into: next) }
        let made = try RecoveryKey.make(for: key)
        unlink(recovery + ".next")
        try put(Data(made.sealed).base64EncodedString(), into: recovery + ".next")
        return made.code
    }

    /// What is not a whole key was cut off while it was written, and nothing is under it. One that cannot be read may be
    /// the key in force, and its only copy: that is an error, and it stays where it is.
    private func setAsideWhatIsNoKey() throws {
        do { _ = try pending() } catch let fault as Fault where fault.code == "keys.master_malformed" {
            try move(next, to: next + ".unfinished")
        }
    }

    /// Puts the files in place, once the database is under the new key. Answers where the former key is kept.
    ///
    /// - Throws: as `prepare`.
    public func finish() throws -> String {
        let former = try SecretFile.read(path)
        // Named by the key, so that finishing twice keeps it once.
        let mark = SHA256.hash(data: Data(former.utf8)).prefix(4).map { String(format: "%02x", $0) }.joined()
        let kept = path + ".former-" + mark
        if !FileManager.default.fileExists(atPath: kept) { try put(former, into: kept) }
        if FileManager.default.fileExists(atPath: recovery + ".next") { try move(recovery + ".next", to: recovery) }
        try move(next, to: path)
        return kept
    }

    /// The key of a change that was begun.
    func pending() throws -> MasterKey? {
        guard isPending else { return nil }
        return try MasterKey(hexadecimal: SecretFile.read(next))
    }

    /// A new file of whoever owns the present one: the service has to read it, whoever runs the command. No link is
    /// followed: the service's own user may write into this folder.
    private func put(_ text: String, into file: String) throws {
        try SecretFile.create(file, text + "\n")
        var status = stat()
        if stat(path, &status) == 0, geteuid() == 0 { _ = lchown(file, status.st_uid, status.st_gid) }
        try syncFolder()
    }

    private func move(_ file: String, to target: String) throws {
        guard rename(file, target) == 0 else {
            throw Fault(
                "configuration.write_failed", .ourselves,
                "\(file) could not be put in the place of \(target) (\(String(cString: strerror(errno)))).",
                remedy: "Mend that and run the command again: until then the gateway starts with \(file).")
        }
        try syncFolder()
    }

    private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    private func syncFolder() throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw Fault("configuration.write_failed", .ourselves, "\(folder) could not be written durably.")
        }
    }
}

extension Gateway {
    /// Puts every key under the master key that `MasterKeyChange` put beside the present one; does nothing when they are
    /// already. False when they were.
    ///
    /// - Throws: `keys.not_a_file`, `keys.no_next`, `keys.master_malformed`, and what the store throws.
    @discardableResult public func rewrapKeys(by caller: Caller) async throws -> Bool {
        let change = try MasterKeyChange(configuration)
        guard let key = try change.pending() else {
            throw Fault(
                "keys.no_next", .caller, "There is no new master key at \(change.next).",
                remedy: "Run `gatehouse key rewrap` on this machine, which makes it.")
        }
        if store.keys.isMaster(key) { return false }
        try await store.rewrapKeys(under: key, caller.context)
        return true
    }
}
