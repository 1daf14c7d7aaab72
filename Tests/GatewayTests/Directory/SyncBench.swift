import Foundation
import Identity
import Logging
import Providers
import Storage
import Synchronization
import Vocabulary

@testable import Gateway

/// A source that answers what a test sets, or fails.
final class FakeSource: DirectorySource {
    private struct Memory {
        var people: [PersonRecord] = []
        var groups: [GroupRecord] = []
        var memberships: [(group: String, member: String)] = []
        var nestings: [(group: String, member: String)] = []
        var fault: Fault?
        var pause: Duration?
    }

    let provider: ProviderID
    let attributeNames: [String] = ["title"]
    private let memory = Mutex(Memory())

    init(provider: ProviderID) { self.provider = provider }

    var people: [PersonRecord] {
        get { memory.withLock(\.people) }
        set { memory.withLock { $0.people = newValue } }
    }
    var groups: [GroupRecord] {
        get { memory.withLock(\.groups) }
        set { memory.withLock { $0.groups = newValue } }
    }
    /// (group, person), by key.
    var memberships: [(group: String, member: String)] {
        get { memory.withLock(\.memberships) }
        set { memory.withLock { $0.memberships = newValue } }
    }
    /// (parent, child), by key.
    var nestings: [(group: String, member: String)] {
        get { memory.withLock(\.nestings) }
        set { memory.withLock { $0.nestings = newValue } }
    }
    var fault: Fault? {
        get { memory.withLock(\.fault) }
        set { memory.withLock { $0.fault = newValue } }
    }
    var pause: Duration? {
        get { memory.withLock(\.pause) }
        set { memory.withLock { $0.pause = newValue } }
    }

    func remove(_ login: String) { people = people.filter { $0.login != login } }

    func snapshot() async throws -> DirectorySnapshot {
        if let pause { try await Task.sleep(for: pause) }
        if let fault { throw fault }
        let now = memory.withLock { $0 }
        let people = Dictionary(
            now.people.enumerated().map { ($1.key, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        let groups = Dictionary(uniqueKeysWithValues: now.groups.enumerated().map { ($1.key, Int32($0)) })
        return DirectorySnapshot(
            provider: provider, people: now.people, groups: now.groups,
            memberships: now.memberships.compactMap { pair in
                people[pair.member].map { IndexPair(group: groups[pair.group]!, member: $0) }
            },
            nestings: now.nestings.map { IndexPair(group: groups[$0.group]!, member: groups[$0.member]!) })
    }
}

/// A store with one tenant and one directory, and the directory job over both.
final class SyncBench: Sendable {
    static let start = Timestamp(seconds: 1_790_000_000)

    let store: Store
    let tenant: TenantID
    let provider: ProviderID
    let source: FakeSource
    let live = LiveCredentials()
    let standings = StandingCache()
    let table: AuthorizationTable
    let service: SyncService
    let resolver: SubjectResolver
    private let directory: String
    /// Stands still until it is moved.
    private let moment: MovedClock

    /// - Parameters:
    ///   - directory: of a store that another process left; a new one where it is nil.
    ///   - batchBudget: how long one transaction may take; hardly anything makes every change a chunk of its own.
    init(
        directory: String? = nil, master: MasterKey = .generate(), batchBudget: Duration = .milliseconds(20)
    ) async throws {
        moment = MovedClock(Self.start)
        let clock = moment.now
        self.directory = directory ?? NSTemporaryDirectory() + "sync-\(UUID().uuidString)"
        var configuration = StoreConfiguration(directory: self.directory, node: .random(at: clock()))
        configuration.batchBudget = batchBudget
        store = try await Store.open(configuration, masterKey: master, clock: clock)
        // The same in every process, so that one can go on where another was killed.
        let (tenant, provider) = (TenantID(high: 1, low: 1), ProviderID(high: 2, low: 2))
        self.tenant = tenant
        self.provider = provider
        source = FakeSource(provider: provider)
        table = AuthorizationTable(store: store, configurationDigest: [1])
        service = SyncService(
            store: store, live: live, standings: standings, table: table, clock: clock,
            logger: Logger(label: "sync", factory: { _ in SwiftLogNoOpLogHandler() }))
        resolver = SubjectResolver(store: store, table: table, cache: standings, clock: clock)
        try await store.write(.administration) { tx in
            if try !tx.sql.tenants().isEmpty { return }
            try tx.sql.insert(Tenant(id: tenant, slug: "main", name: "Example"), managedBy: .api, at: tx.now)
            try tx.sql.upsert(
                StoredProvider(id: provider, tenant: tenant, name: "works", kind: "ldap"), settingsDigest: [1],
                managedBy: .configuration)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func advance(_ duration: Duration) { moment.advance(duration) }
    var clock: @Sendable () -> Timestamp { moment.now }

    var administrator: Caller {
        Caller(tenant: tenant, actor: .operatingSystemUser(0), command: CommandID.random(at: moment.value))
    }

    func target(_ other: (any DirectorySource)? = nil, limits: RemovalLimits = RemovalLimits()) -> SyncTarget {
        SyncTarget(
            provider: provider, tenant: tenant, key: "works", source: other ?? source, limits: limits,
            graceSeconds: 86_400)
    }

    @discardableResult func run(limits: RemovalLimits = RemovalLimits()) async throws -> SyncReport {
        try await service.run(target(limits: limits), trigger: "manual", by: administrator)
    }

    func person(_ login: String) async throws -> Person? {
        try await store.read { [tenant] in try $0.person(login: login, in: tenant) }
    }

    /// Names of the groups somebody is in, nesting resolved as decisions resolve it.
    func groups(_ login: String) async throws -> Set<String> {
        guard let person = try await person(login) else { return [] }
        let containers = try await table.snapshot(of: tenant).containers
        return try await store.read { [tenant] sql in
            let direct = try sql.directGroups(of: person.id)
            return Set(try direct.flatMap { containers[$0] ?? [$0] }.compactMap { try sql.group($0, in: tenant)?.name })
        }
    }

    /// A live session, in rows and in memory.
    func startSession(of person: PersonID) async throws -> BearerToken {
        let token = try Randomness.token(.session)
        let now = moment.value
        let session = Session(
            id: .random(at: now), tenant: tenant, person: person, events: [], provider: provider, createdAt: now,
            lifetime: .standard, secretHash: token.hash)
        try await store.write(.login) { [live] tx in
            try tx.sql.insert(session)
            tx.afterCommit { live.add(session) }
        }
        return token
    }

    /// Of the newest event.
    func position() async throws -> Int64 {
        try await store.read { [tenant] in try $0.journalPosition(of: tenant) }
    }

    func eventTypes() async throws -> [String: Int] {
        try await store.read { [tenant] sql in
            var counts: [String: Int] = [:]
            for row in try sql.query(
                "SELECT type, count(*) FROM journal_event WHERE tenant = ?1 GROUP BY type", [.id(tenant)])
            {
                counts[try row.text(0)] = Int(try row.integer(1))
            }
            return counts
        }
    }

    /// Fills the source with people in one group.
    func fill(_ count: Int) {
        source.people = (0..<count).map { Self.record($0) }
        source.groups = [GroupRecord(key: "g", name: "everyone")]
        source.memberships = (0..<count).map { ("g", "k\($0)") }
    }

    static func record(_ index: Int, login: String? = nil, mail: String? = nil, isDisabled: Bool = false)
        -> PersonRecord
    {
        PersonRecord(
            key: "k\(index)", login: login ?? "p\(index)", displayName: "Person \(index)",
            mail: mail ?? "p\(index)@example.org", isDisabled: isDisabled)
    }
}
