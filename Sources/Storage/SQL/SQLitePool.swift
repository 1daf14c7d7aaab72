import GRDB
import GRDBSQLite
import Vocabulary

/// One SQLite file: a writer connection that is durable at every commit, and readers that never wait for it.
final class SQLitePool: Sendable {
    private let pool: DatabasePool
    private let threads: ReadingThreads
    /// Nil for a pool that only reads.
    private let checkpointer: Checkpointer?

    init(path: String, readers: Int, busyTimeout: Duration) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(Double(busyTimeout.microseconds) / 1_000_000)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA cache_size = -16384")
            // What savepoints remember for a rollback: small, short-lived, and dear as a file each time.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        pool = try mapped { try DatabasePool(path: path, configuration: configuration) }
        checkpointer = try Checkpointer(path: path)
        threads = ReadingThreads(readers)
        try makeDurable()
        followCommits()
    }

    deinit {
        checkpointer?.stop()
        threads.stop()
    }

    /// Connections that can only read, beside the process that owns the file.
    init(reading path: String, readers: Int, busyTimeout: Duration) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(Double(busyTimeout.microseconds) / 1_000_000)
        pool = try mapped { try DatabasePool(path: path, configuration: configuration) }
        checkpointer = nil
        threads = ReadingThreads(readers)
    }

    // GRDB's pool sets the writer to synchronous=NORMAL after preparing it, so FULL has to come later, and is
    // asserted.
    private func makeDurable() throws {
        try write { connection in
            try connection.executeScript(
                "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -49152")
            for (pragma, wanted) in Self.promises {
                let found = try connection.query("PRAGMA \(pragma)").first?.values.first
                guard found == wanted else {
                    throw Fault(
                        "storage.not_durable", .ourselves, "The database does not hold \(pragma) as required.",
                        remedy: "Put the data directory on a local file system.")
                }
            }
        }
    }

    /// Tells the checkpointer of every commit. The context lives as long as this pool, and so does the connection.
    private func followCommits() {
        let context = checkpointer.map { Unmanaged.passUnretained($0).toOpaque() }
        pool.writeWithoutTransaction { database in
            _ = sqlite3_wal_hook(
                database.sqliteConnection,
                { context, connection, _, pages in
                    guard let context, let connection else { return SQLITE_OK }
                    Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().committed(
                        pages: pages, on: connection)
                    return SQLITE_OK
                }, context)
        }
    }

    private static let promises: [(String, SQLValue)] = [
        ("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1), ("secure_delete", 1),
    ]

    /// A read transaction on one snapshot, on one of the readers.
    func read<T: Sendable>(_ body: @escaping @Sendable (SQLiteConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(ReadingThreads.Refusal) {
                try threads.run { continuation.resume(with: Result { try self.readBlocking(body) }) }
            } catch {
                continuation.resume(throwing: Self.fault(error))
            }
        }
    }

    private static func fault(_ refusal: ReadingThreads.Refusal) -> Fault {
        switch refusal {
        case .stopped: Fault("storage.closed", .ourselves, "The store is closed.")
        case .full:
            Fault(
                "storage.overloaded", .ourselves, "Too many reads are waiting.", remedy: "Try again in a moment.",
                retryAfter: .seconds(1))
        }
    }

    /// As `read`, blocking the calling thread: for threads of one's own, never one that Swift concurrency owns.
    func readBlocking<T>(_ body: (SQLiteConnection) throws -> T) throws -> T {
        try mapped { try pool.read { try body(SQLiteConnection($0)) } }
    }

    /// The writer connection, outside any transaction. Called by the writer's own thread only.
    func write<T>(_ body: (SQLiteConnection) throws -> T) throws -> T {
        try mapped { try pool.writeWithoutTransaction { try body(SQLiteConnection($0)) } }
    }

    /// Copies the write-ahead log into the file and empties it. False while a reader still needs it.
    func truncateLog() throws -> Bool {
        try write { connection in
            // Waiting for a long reader here would hold up every login; the writer asks again later.
            let patience = try connection.query("PRAGMA busy_timeout").first?.integer(0) ?? 0
            _ = try connection.query("PRAGMA busy_timeout = 10")
            defer { _ = try? connection.query("PRAGMA busy_timeout = \(patience)") }
            return try connection.query("PRAGMA wal_checkpoint(TRUNCATE)").first?.integer(0) == 0
        }
    }

    /// Rebuilds the live content of one snapshot into a new file; freed pages are not part of it.
    func copy(to path: String) async throws {
        do {
            try await pool.unsafeRead { _ = try SQLiteConnection($0).execute("VACUUM INTO ?1", [.text(path)]) }
        } catch let error as DatabaseError {
            try mapped { throw error }
        }
        try Files.seal(path)
    }

    func close() throws {
        checkpointer?.stop()
        threads.stop()
        try mapped { try pool.close() }
    }
}
