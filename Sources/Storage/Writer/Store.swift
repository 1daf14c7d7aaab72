import Vocabulary

/// Everything durable: rows, journal and keys of one gateway, in one SQLite file under one process.
public final class Store: Sendable {
    public let keys: KeyRing
    public let configuration: StoreConfiguration
    let pool: SQLitePool
    let writer: Writer
    /// Why nothing may be appended, when a head kept outside is ahead of this database.
    public let appendRefusal: Fault?
    private let lock: ProcessLock

    /// Opens or makes the store: takes the process lock, asserts durability, migrates, proves the master key, and
    /// compares the journal with the newest heads kept outside. Throws `storage.locked`, `storage.schema_newer`,
    /// `storage.not_durable`, `keys.wrong_master` and what the file system refuses.
    public static func open(
        _ configuration: StoreConfiguration, masterKey: MasterKey, clock: @escaping @Sendable () -> Timestamp
    ) async throws -> Store {
        try Store(configuration, masterKey: masterKey, clock: clock)
    }

    private init(
        _ configuration: StoreConfiguration, masterKey: MasterKey, clock: @escaping @Sendable () -> Timestamp
    ) throws {
        try Files.makeDirectory(configuration.directory)
        let lock = try ProcessLock(directory: configuration.directory)
        let pool = try SQLitePool(
            path: configuration.databasePath, readers: configuration.readers, busyTimeout: configuration.busyTimeout)
        let keys = KeyRing(master: masterKey)
        let sink = configuration.headSink
        let refusal = try pool.write { connection in
            try Migrator(migrations: configuration.migrations).run(on: connection, now: clock())
            try keys.load(from: connection)
            return try sink.flatMap { try HeadComparison.refusal(against: $0.newest(), connection) }
        }
        self.lock = lock
        self.pool = pool
        self.keys = keys
        self.configuration = configuration
        appendRefusal = refusal
        writer = Writer(pool: pool, keys: keys, configuration: configuration, refusal: refusal, clock: clock)
    }

    /// Reads one consistent snapshot; never waits for the writer.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await pool.read { try body($0) }
    }

    /// Runs the body at the writer, together with others in one transaction, and returns once that is durable. A body
    /// that throws is rolled back alone. A body in a bulk lane holds the writer while it runs: it works in chunks of
    /// 20 ms. Throws what the body threw, `storage.overloaded` when the lane is full, `storage.closed` after `close`.
    public func write<T: Sendable>(
        _ lane: WriterLane, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        try await writer.run(lane, body)
    }

    /// Calls this on the writer's thread after each transaction that is durable, for as long as the store is open. It must be
    /// quick: the writer waits for it.
    public func afterEachCommit(_ listener: @escaping @Sendable () -> Void) { writer.listen(listener) }

    /// Finishes what waits, refuses what comes, and closes the file.
    public func close() async throws {
        await writer.stop()
        // So that the file alone is whole; if a reader is still at it, the log beside it stays and is read at the
        // next start.
        _ = try? pool.truncateLog()
        try pool.close()
        lock.release()
    }

    deinit { writer.abandon() }
}
