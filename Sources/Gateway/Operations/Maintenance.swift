import Logging
import Storage
import Vocabulary

/// Work on a store as a whole: copying it, recomputing it, exporting its journal. It reads beside a running gateway,
/// through a connection of its own, so that the writer waits for nothing; and it reads a store that refuses to append.
public struct Maintenance: Sendable {
    private let store: StoreReader

    /// Opens the configured store for reading.
    ///
    /// - Throws: `storage.missing`, `keys.wrong_master`, `configuration.secret_missing` naming the key's file.
    public static func open(_ configuration: Configuration, logger: Logger) async throws -> Maintenance {
        let now = SystemClock.now()
        let storage = Gateway.storeConfiguration(configuration, logger: logger, now: now)
        return Maintenance(
            store: try await configuration.withMasterKey(logger) {
                try await StoreReader.open(storage, masterKey: $0)
            })
    }

    /// Copies the store to a new file, with a manifest beside it; answers its size in bytes.
    ///
    /// - Throws: `backup.exists`, and what the store throws.
    public func backup(to path: String, now: Timestamp) async throws -> Int64 {
        try await store.writeBackup(to: path, now: now).bytes
    }

    /// Recomputes everything that can be recomputed, and answers what does not agree; empty is the only good answer.
    public func check() async throws -> [String] { try await store.check().map { "\($0)" } }

    /// Writes a tenant's journal to a new file that `JournalCheck` verifies with nothing else; answers how many events.
    ///
    /// - Parameter slug: nil for the default tenant.
    /// - Throws: `not_found`, and what the store throws.
    @discardableResult
    public func exportJournal(of slug: String, to path: String, withSections: Bool = false) async throws -> Int64 {
        guard let tenant = try await store.read({ try $0.tenant(slug: slug) }) else { throw Fault.notFound("tenant") }
        return try await store.exportJournal(of: tenant.id, to: path, withSections: withSections)
    }

    /// Writes a tenant's journal to a new file for other tools; answers how many events, and the position they end at.
    ///
    /// - Parameter position: where the last export ended; 0 for all.
    /// - Throws: `not_found`, and what the store throws.
    public func exportEvents(
        of slug: String, to path: String, as format: AuditFormat, after position: Int64 = 0
    ) async throws -> (count: Int64, end: Int64) {
        guard let tenant = try await store.read({ try $0.tenant(slug: slug) }) else { throw Fault.notFound("tenant") }
        return try await format.export(store, of: tenant.id, to: path, after: position)
    }

    /// Lets go of the file.
    public func close() throws { try store.close() }
}

extension Gateway {
    /// The store as the configuration wants it.
    static func storeConfiguration(
        _ configuration: Configuration, logger: Logger, now: Timestamp
    ) -> StoreConfiguration {
        var storage = StoreConfiguration(
            directory: configuration.storage.directory, node: NodeID.random(at: now),
            headSink: HeadSinks.make(configuration.journal, logger: logger))
        storage.readers = configuration.storage.readers
        storage.erasureLog = ErasureLog(path: configuration.journal.erasureLog)
        return storage
    }
}
