import Foundation
import Vocabulary

/// Where a secret is kept: a file that only the service user can read, or an environment variable.
public enum SecretSource: Sendable, Hashable, CustomStringConvertible {
    case file(String)
    case environment(String)

    /// `env:NAME` names a variable; anything else is a path, relative to the configuration's folder.
    init(_ text: String, relativeTo folder: String) {
        if text.hasPrefix("env:") {
            self = .environment(String(text.dropFirst(4)))
        } else {
            self = .file(text.hasPrefix("/") ? text : folder + "/" + text)
        }
    }

    public var description: String {
        switch self {
        case .file(let path): path
        case .environment(let name): "env:\(name)"
        }
    }

    /// Reads the secret, one trailing newline removed.
    ///
    /// - Throws: `Fault` when it is absent, empty, larger than 64 KiB, not UTF-8, or a file that others can read.
    public func load() throws -> SecretText {
        switch self {
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw Fault(
                    "configuration.secret_missing", .ourselves, "the environment variable \(name) is not set.",
                    remedy: "Set it, or name a file instead.")
            }
            return SecretText(value)
        case .file(let path):
            return SecretText(try SecretFile.read(path))
        }
    }
}

/// Reading and writing of files that hold one secret.
enum SecretFile {
    private static let sizeLimit = 64 * 1024

    static func read(_ path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Fault(
                "configuration.secret_missing", .ourselves, "the secret file \(path) cannot be read (\(reason()))",
                remedy: "Create it with mode 0400, owned by the service user.")
        }
        guard status.st_mode & exposed(path) == 0 else {
            throw Fault(
                "configuration.secret_exposed", .ourselves, "the secret file \(path) can be read by other users.",
                remedy: "Run chmod 0400 on it, and replace the secret if others may have seen it.")
        }
        guard status.st_size <= sizeLimit, let data = FileManager.default.contents(atPath: path),
            var text = String(data: data, encoding: .utf8)
        else {
            throw Fault("configuration.secret_unreadable", .ourselves, "the secret file \(path) is not readable text.")
        }
        if text.hasSuffix("\n") { text.removeLast() }
        guard !text.isEmpty else {
            throw Fault("configuration.secret_missing", .ourselves, "the secret file \(path) is empty.")
        }
        return text
    }

    /// What nobody else may do with it. What systemd hands over may be read by its group, which is root's: the folder lets
    /// nobody in but the service.
    private static func exposed(_ path: String) -> mode_t {
        guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/run/"),
            path.hasPrefix(folder + "/"), !path.contains("/../")
        else { return 0o077 }
        return 0o037
    }

    /// Writes a new file with mode 0400; an existing one is never overwritten.
    static func create(_ path: String, _ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o400)
        guard descriptor >= 0 else {
            throw Fault(
                "configuration.secret_exists", .caller, "\(path) cannot be created (\(reason())).",
                remedy: "Move an existing file away first; it may hold the only copy of a key.")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw Fault("configuration.write_failed", .ourselves, "\(path) could not be written (\(reason())).")
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
