import Foundation
import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A store of its own with two tenants, a person in each, and a clock that tests move.
final class GovernanceBench: Sendable {
    static let start = Timestamp(rfc3339: "2025-11-08T10:00:00Z") ?? .epoch
    let directory = NSTemporaryDirectory() + "governance-\(UUID().uuidString)"
    let store: Store
    let tenant = TenantID(high: 0x7E, low: 1)
    let other = TenantID(high: 0x7E, low: 2)
    let officer = PersonID(high: 0xA, low: 1)
    let stranger = PersonID(high: 0xA, low: 2)
    let service: GovernanceService
    private let moment = MovedClock(GovernanceBench.start)

    init(every: Int64 = 100) async throws {
        let moment = moment
        store = try await Store.open(
            StoreConfiguration(directory: directory, node: NodeID(high: 1, low: 1)), masterKey: .generate(),
            clock: moment.now)
        service = GovernanceService(
            store: store, clock: moment.now, cadence: try #require(SnapshotCadence(every: every)))
        let people = [(tenant, officer, "one"), (other, stranger, "two")]
        try await store.write(.administration) { tx in
            for (tenant, person, name) in people {
                try tx.sql.insert(Tenant(id: tenant, slug: name, name: "Example Works"), managedBy: .api, at: tx.now)
                try tx.sql.insert(Person(id: person, tenant: tenant, login: "anna", createdAt: tx.now), at: 1)
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var now: Timestamp {
        get { moment.value }
        set { moment.value = newValue }
    }

    func caller(_ tenant: TenantID? = nil, _ command: CommandID? = nil) -> Caller {
        let tenant = tenant ?? self.tenant
        return Caller(
            tenant: tenant, actor: .person(tenant == other ? stranger : officer),
            command: command ?? .random(at: now))
    }

    @discardableResult func run(
        _ name: String, _ payload: AttributeValue, expecting version: Int64? = nil, in tenant: TenantID? = nil,
        command: CommandID? = nil
    ) async throws -> GovernanceOutcome {
        try await service.execute(name, payload, expecting: version, by: caller(tenant, command))
    }

    /// A policy from draft to in force.
    func activate(_ id: PolicyID, in tenant: TenantID? = nil, supersedes: PolicyID? = nil) async throws {
        try await run("create", Self.creation(id, supersedes: supersedes), in: tenant)
        try await run("approve", ["policy_id": .string(id.description)], in: tenant)
        try await run("activate", ["policy_id": .string(id.description)], in: tenant)
    }

    static func creation(_ id: PolicyID, supersedes: PolicyID? = nil) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "policy_id": .string(id.description), "name": "Password Policy", "policy_type": "Security",
            "enforcement": "Mandatory", "scope": "Organization",
        ]
        members["supersedes"] = supersedes.map { .string($0.description) }
        return .object(members)
    }

    /// The types of the tenant's events, oldest first.
    func events(_ tenant: TenantID? = nil) async throws -> [String] {
        try await store.events(of: tenant ?? self.tenant, limit: 1_000).map(\.envelope.type)
    }

    /// The state from every event, and from the newest snapshot on.
    func loaded(_ id: PolicyID, in tenant: TenantID? = nil) async throws -> (
        whole: Loaded<GovernedPolicy>, short: Loaded<GovernedPolicy>
    ) {
        let (stream, keys, tenant) = (service.policy(id), store.keys, tenant ?? self.tenant)
        return try await store.read { sql in
            (
                try stream.load(sql, in: tenant, keys: keys, fromSnapshot: false),
                try stream.load(sql, in: tenant, keys: keys)
            )
        }
    }

    func row(_ stream: Storage.Stream, in tenant: TenantID? = nil) async throws -> GovernedRow? {
        let tenant = tenant ?? self.tenant
        return try await store.read { try $0.governed(stream, in: tenant) }
    }

    /// Signs a head and verifies an export with it.
    func journalIsSound() async throws -> Bool {
        let heads = try await store.signHeads(now: now)
        let path = directory + "/export-\(UUID().uuidString).jsonl"
        try await store.exportJournal(of: tenant, to: path)
        let head = try #require(heads.first { $0.tenant == tenant })
        return try JournalVerifier.verify(
            exportAt: path, checkpoint: head, trusted: store.keys.publishedKeys(tenant)
        ).isSound
    }
}

/// The code of the refusal, nil when there was none.
func refusal(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let fault as Fault {
        return fault.code
    } catch {
        return "\(error)"
    }
}
