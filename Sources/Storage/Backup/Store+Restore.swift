import FoundationEssentials
import Vocabulary

/// What a restore did.
public struct RestoreReport: Sendable, Hashable {
    public let manifest: BackupManifest
    /// The new epoch of each tenant.
    public let epochs: [TenantID: Int64]
    public let erasuresRepeated: Int
}

extension Store {
    /// Restores a backup into a data directory without a database: checks size and digest against the manifest, proves
    /// the master key, repeats erasures made since (`eraseRows` deletes such a person's rows in the same transaction),
    /// begins a new epoch per tenant (journalled as `journal.epoch_started` and signed), and runs `endEverything` in the
    /// same transaction, where sessions, tokens and flows end. The database appears under its name only when all that
    /// is durable; a restore that fails leaves nothing behind.
    ///
    /// - Throws: `backup.not_empty`, `backup.damaged`, `keys.wrong_master`, `storage.locked`.
    public static func restore(
        _ backup: String, configuration: StoreConfiguration, masterKey: MasterKey, erased: [ErasedPerson],
        now: Timestamp, eraseRows: @escaping @Sendable (Transaction, ErasedPerson) throws -> Void,
        endEverything: @escaping @Sendable (Transaction) throws -> Void
    ) async throws -> RestoreReport {
        let manifest = try checkedManifest(backup)
        let staging = try RestoreStaging(configuration)
        defer { staging.end() }
        // Heads kept outside: an epoch must be newer than every one that anybody has seen.
        let outside = try configuration.headSink?.newest() ?? [:]
        try Files.copy(backup, to: staging.configuration.databasePath)
        let store = try await Store.open(staging.configuration, masterKey: masterKey, clock: { now })
        let report: RestoreReport
        do {
            report = try await store.write(.administration) { transaction in
                try endEverything(transaction)
                let repeated = try transaction.repeatErasures(erased, eraseRows)
                let epochs = try transaction.beginEpochs(after: outside, manifest)
                return RestoreReport(manifest: manifest, epochs: epochs, erasuresRepeated: repeated)
            }
        } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
        try staging.publish()
        let final = try await Store.open(configuration, masterKey: masterKey, clock: { now })
        try await final.signHeads(now: now)
        try await final.close()
        return report
    }

    /// The manifest beside a backup, after the file was found to be the one it describes. Throws `backup.damaged`.
    public static func checkedManifest(_ backup: String) throws -> BackupManifest {
        let bytes = try Files.read(backup + ".manifest.json", limit: 16 << 20)
        let (size, digest) = try Files.digest(backup)
        guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: Data(bytes)), manifest.version == 1,
            manifest.bytes == size, manifest.sha256 == digest
        else { throw Fault("backup.damaged", .ourselves, "The backup \(backup) is not what its manifest describes.") }
        return manifest
    }
}

extension Transaction {
    fileprivate func repeatErasures(
        _ erased: [ErasedPerson], _ eraseRows: (Transaction, ErasedPerson) throws -> Void
    ) throws -> Int {
        var repeated = 0
        let tenants = Set(try sql.query("SELECT tenant FROM journal_tree").map { try $0.id(0) as TenantID })
        // Somebody of a tenant that the backup does not know cannot be in it.
        for person in erased where tenants.contains(person.tenant) {
            let isNew = try sql.execute(
                "INSERT INTO erased_person (tenant, person, at) VALUES (?1, ?2, ?3)"
                    + " ON CONFLICT (tenant, person) DO NOTHING",
                [.id(person.tenant), .id(person.person), .time(person.at)])
            guard isNew == 1 else { continue }
            try eraseRows(self, person)
            try erase(person.person, restoreContext(person.tenant))
            repeated += 1
        }
        return repeated
    }

    fileprivate func beginEpochs(
        after outside: [TenantID: SignedHead], _ manifest: BackupManifest
    ) throws -> [TenantID: Int64] {
        let tenants = try sql.query("SELECT tenant FROM journal_tree ORDER BY tenant").map { try $0.id(0) as TenantID }
        var epochs: [TenantID: Int64] = [:]
        for tenant in tenants {
            let size = try position(of: tenant)
            let epoch = try journal.beginEpoch(tenant, after: outside[tenant]?.epoch ?? 0, sql)
            try append(
                NewEvent(
                    context: restoreContext(tenant), stream: Stream("tenant", tenant), type: "journal.epoch_started",
                    facts: [
                        Fact("epoch", .integer(epoch)), Fact("restored_size", .integer(size)),
                        Fact("backup_taken_at", .time(manifest.takenAt)),
                    ]))
            epochs[tenant] = epoch
        }
        return epochs
    }

    private func restoreContext(_ tenant: TenantID) -> EventContext {
        EventContext(tenant: tenant, actor: .system("restore"), command: CommandID.random(at: now))
    }
}
