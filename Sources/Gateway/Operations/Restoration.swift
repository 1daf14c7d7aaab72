import Foundation
import Logging
import Storage
import Synchronization
import Vocabulary

/// Bringing a backup back: a new signed epoch, in which nobody is signed in and whoever was erased since stays erased.
public struct Restoration: Sendable {
    /// Where the erasures come from that were made after the backup.
    public enum Erasures: Sendable {
        /// The log that the configuration names; it has to be there.
        case configured
        /// Another copy of that log.
        case file(String)
        /// There were none, says whoever restores.
        case none
    }

    /// What a restore did.
    public struct Report: Sendable {
        public let backupTakenAt: Timestamp
        public let tenants: Int
        /// The newest epoch that began.
        public let epoch: Int64
        public let erasuresRepeated: Int
        public let sessionsEnded: Int
        public let apiKeysRevoked: Int
        public let linksRevoked: Int
    }

    private let configuration: Configuration
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp

    public init(
        _ configuration: Configuration, logger: Logger, clock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) {
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
    }

    /// Restores a backup into the configured storage directory, which must hold no database.
    ///
    /// - Throws: `configuration.secret_missing` and `keys.wrong_master` for the master key; `backup.damaged`,
    ///   `backup.not_empty`, `storage.locked`; `restore.no_erasure_log` when the list of erasures is not there.
    public func restore(_ backup: String, erasures: Erasures = .configured) async throws -> Report {
        let storage = Gateway.storeConfiguration(configuration, logger: logger, now: clock())
        let erased = try people(erasures)
        return try await configuration.withMasterKey(logger) {
            try await restore(backup, into: storage, masterKey: $0, erased: erased)
        }
    }

    /// Restores a backup under a key that was kept elsewhere into a folder that is then removed, recomputes everything
    /// in it, and answers what does not agree: the proof that backup and key belong together and can be used.
    ///
    /// - Throws: as `restore`; what is wrong with the backup's content is in the answer.
    public func prove(_ backup: String, masterKey: MasterKey) async throws -> [String] {
        let folder = NSTemporaryDirectory() + "gatehouse-restore-proof-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let storage = StoreConfiguration(directory: folder, node: NodeID.random(at: clock()))
        _ = try await restore(backup, into: storage, masterKey: masterKey, erased: [])
        let reader = try await StoreReader.open(storage, masterKey: masterKey)
        let findings = try await reader.check()
        try reader.close()
        return findings.map { "\($0)" }
    }

    private func restore(
        _ backup: String, into storage: StoreConfiguration, masterKey: MasterKey, erased: [ErasedPerson]
    ) async throws -> Report {
        let ended = Mutex(EndedCredentials())
        let report = try await Store.restore(
            backup, configuration: storage, masterKey: masterKey, erased: erased, now: clock(),
            eraseRows: { tx, person in
                try PeopleService.eraseRows(of: person.person, by: Self.caller(person.tenant, tx), tx)
            },
            endEverything: { tx in
                let total = try Self.endEverything(tx)
                ended.withLock { $0 = total }
            })
        let total = ended.withLock(\.self)
        return Report(
            backupTakenAt: report.manifest.takenAt, tenants: report.epochs.count,
            epoch: report.epochs.values.max() ?? 0,
            erasuresRepeated: report.erasuresRepeated, sessionsEnded: total.sessions, apiKeysRevoked: total.apiKeys,
            linksRevoked: total.links)
    }

    private static func endEverything(_ tx: Transaction) throws -> EndedCredentials {
        var total = EndedCredentials()
        for tenant in try tx.sql.tenants() {
            let ended = try tx.sql.endEverything(in: tenant.id, at: tx.now)
            try tx.append(
                caller(tenant.id, tx).event(
                    "tenant.credentials_ended", Stream("tenant", tenant.id),
                    facts: [
                        Fact("reason", .word("restore")), Fact("sessions", .integer(Int64(ended.sessions))),
                        Fact("api_keys", .integer(Int64(ended.apiKeys))), Fact("links", .integer(Int64(ended.links))),
                    ]))
            total.sessions += ended.sessions
            total.apiKeys += ended.apiKeys
            total.links += ended.links
        }
        return total
    }

    private static func caller(_ tenant: TenantID, _ tx: Transaction) -> Caller {
        Caller(tenant: tenant, actor: .system("restore"), command: CommandID.random(at: tx.now))
    }

    private func people(_ erasures: Erasures) throws -> [ErasedPerson] {
        let path: String
        switch erasures {
        case .none: return []
        case .configured: path = configuration.journal.erasureLog
        case .file(let other): path = other
        }
        let log = ErasureLog(path: path)
        guard log.isPresent else {
            throw Fault(
                "restore.no_erasure_log", .caller,
                "There is no erasure log at \(path), so people erased since the backup would come back.",
                remedy: "Give the newest copy with --erasures FILE, or say --no-erasures if nobody was erased.")
        }
        return try log.all()
    }
}
