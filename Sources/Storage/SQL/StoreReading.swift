import Vocabulary

/// What can be done with a store that one only reads: by the process that owns it, or by another beside it.
public protocol StoreReading: Sendable {
    var keys: KeyRing { get }
    /// Reads one consistent snapshot; never waits for the writer.
    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T
    /// Rebuilds the live content of one snapshot into a new file (mode 0600).
    func copy(to path: String) async throws
}

extension Store: StoreReading {
    /// Rebuilds the live content of one snapshot into a new file (mode 0600); erased content is not part of it.
    public func copy(to path: String) async throws { try await pool.copy(to: path) }
}

/// A store opened for reading alone, while another process may own it: for backups, exports and checks beside a running
/// gateway. Takes no lock, migrates nothing, changes nothing, and the writer never waits for it.
public final class StoreReader: StoreReading {
    public let keys: KeyRing
    private let pool: SQLitePool

    /// Opens the database of a data directory and proves the master key.
    ///
    /// - Throws: `storage.missing` when there is no database, `keys.wrong_master`, and what the file system refuses.
    public static func open(_ configuration: StoreConfiguration, masterKey: MasterKey) async throws -> StoreReader {
        guard Files.exists(configuration.databasePath) else {
            throw Fault(
                "storage.missing", .caller, "There is no database at \(configuration.databasePath).",
                remedy: "Start the gateway once, or restore a backup with `gatehouse db restore`.")
        }
        let pool = try SQLitePool(
            reading: configuration.databasePath, readers: 1, busyTimeout: configuration.busyTimeout)
        let keys = KeyRing(master: masterKey)
        try await pool.read { try keys.load(from: $0) }
        return StoreReader(pool, keys)
    }

    private init(_ pool: SQLitePool, _ keys: KeyRing) {
        self.pool = pool
        self.keys = keys
    }

    /// Reads one consistent snapshot; never waits for the writer.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await pool.read { try body($0) }
    }

    /// Rebuilds the live content of one snapshot into a new file (mode 0600); erased content is not part of it.
    public func copy(to path: String) async throws { try await pool.copy(to: path) }

    /// Lets go of the file.
    public func close() throws { try pool.close() }
}
