import Glibc
import Vocabulary

/// The folder inside the data directory in which a restore works, so that a database that is not yet what it has to be
/// is never found under its real name. Holds the directory's process lock until it is published or given up.
struct RestoreStaging {
    /// As for the real store, but in the folder, and without sinks.
    let configuration: StoreConfiguration
    private let target: String
    private let lock: ProcessLock

    init(_ final: StoreConfiguration) throws {
        try Files.makeDirectory(final.directory)
        target = final.databasePath
        try Self.demandNothing(at: target)
        lock = try ProcessLock(directory: final.directory)
        var inside = StoreConfiguration(directory: final.directory + "/restoring", node: final.node)
        inside.migrations = final.migrations
        inside.busyTimeout = final.busyTimeout
        configuration = inside
        // What a restore left that was interrupted.
        Self.remove(configuration)
        try Files.makeDirectory(configuration.directory)
    }

    /// Gives the finished database its name, durably. Never replaces one that came meanwhile.
    func publish() throws {
        for suffix in ["-wal", "-shm"] {
            guard !Files.exists(target + suffix) else { throw Self.notEmpty(target + suffix) }
        }
        // Everything is in the file once the log beside it is empty.
        var status = stat()
        guard stat(configuration.databasePath + "-wal", &status) != 0 || status.st_size == 0 else {
            throw Fault("backup.unfinished", .ourselves, "The restored database could not be brought into one file.")
        }
        guard link(configuration.databasePath, target) == 0 else {
            throw errno == EEXIST ? Self.notEmpty(target) : Files.failure("write", target)
        }
        try Files.syncDirectory(of: target)
        end()
    }

    /// Removes the folder and lets others in.
    func end() {
        Self.remove(configuration)
        lock.release()
    }

    private static func demandNothing(at path: String) throws {
        if Files.exists(path) { throw notEmpty(path) }
    }

    private static func notEmpty(_ path: String) -> Fault {
        Fault(
            "backup.not_empty", .caller, "There is a database already: \(path).",
            remedy: "Move the data directory away, keep it until the restore has been checked, and restore again.")
    }

    private static func remove(_ configuration: StoreConfiguration) {
        for suffix in ["", "-wal", "-shm"] { unlink(configuration.databasePath + suffix) }
        unlink(configuration.directory + "/gatehouse.lock")
        rmdir(configuration.directory)
    }
}
