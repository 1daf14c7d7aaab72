import Foundation
import Governance
import Identity
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// A directory bench with an application, roles that entitlements come with, and the services over them.
struct EntitlementBench {
    let sync: SyncBench
    let application: ApplicationID
    /// What people sign in by: passwords of the gateway's own.
    let providers = ProviderTable()

    var entitlements: EntitlementService {
        EntitlementService(store: sync.store, table: sync.table, clock: sync.clock)
    }
    var assignments: AssignmentService {
        AssignmentService(store: sync.store, table: sync.table, clock: sync.clock)
    }
    var duties: DutyService { DutyService(store: sync.store, table: sync.table, clock: sync.clock) }
    var roles: RoleService {
        RoleService(store: sync.store, table: sync.table, resolver: sync.resolver, providers: providers)
    }
    var caller: Caller { sync.administrator }

    init() async throws {
        sync = try await SyncBench()
        application = ApplicationID(high: 4, low: 1)
        providers.set([
            ConfiguredProvider(
                id: ProviderID(high: 8, low: 1), tenant: sync.tenant,
                configuration: ProviderConfiguration(
                    key: "local", tenant: "default", name: "Password", isEnabled: true, domains: [], kind: .local))
        ])
        _ = try await entitlements.create(application, ApplicationDetails(name: "ERP"), by: caller)
    }

    @discardableResult func entitlement(_ number: UInt64, _ risk: RiskLevel = .low) async throws -> EntitlementID {
        let id = EntitlementID(high: 5, low: number)
        return try await entitlements.create(
            id, of: application, EntitlementDetails(name: "e\(number)", riskLevel: risk), by: caller
        ).id
    }

    /// A role that an entitlement comes with, given to whoever is in an upstream group of the same name.
    func role(_ name: String, with entitlement: EntitlementID, isMapped: Bool = true) async throws -> RoleID {
        let role = try await roles.create(
            Role(id: .random(at: SyncBench.start), tenant: sync.tenant, name: name), by: caller)
        _ = try await entitlements.bind(entitlement, to: role.id, by: caller)
        if isMapped {
            _ = try await roles.createMapping(
                provider: sync.provider, match: .group(key: name), role: role.id, by: caller)
        }
        return role.id
    }

    @discardableResult func rule(
        _ number: UInt64, _ entitlements: [EntitlementID], _ type: SodRule.ConflictType = .exclusive
    ) async throws -> SodRuleID {
        let details = SodRuleDetails(
            name: "AP Segregation", conflictType: type, entitlements: entitlements, severity: .critical)
        return try await duties.create(SodRuleID(high: 6, low: number), details, by: caller).id
    }

    func assign(
        _ entitlement: EntitlementID, to subject: Subject, until: Timestamp? = nil
    ) async throws -> EntitlementAssignment {
        try await assignments.assign(
            AssignmentInput(
                id: .random(at: sync.clock()), entitlement: entitlement, subject: subject, expiresAt: until,
                justification: "Required for project Alpha"), by: caller)
    }

    func person(_ login: String) async throws -> Subject {
        var edit = PersonEdit()
        edit.login = login
        let people = PeopleService(
            store: sync.store, live: sync.live, standings: sync.standings, providers: providers)
        return .person(try await people.create(edit, by: caller).id)
    }

    /// What the directory has: people by number, and who is in which group.
    func fill(_ people: Int, groups: [String: [Int]], nestings: [(String, String)] = []) {
        sync.source.people = (0..<people).map { SyncBench.record($0) }
        sync.source.groups = groups.keys.sorted().map { GroupRecord(key: $0, name: $0) }
        sync.source.memberships = groups.sorted { $0.key < $1.key }.flatMap { group, members in
            members.map { (group: group, member: SyncBench.record($0).key) }
        }
        sync.source.nestings = nestings.map { (group: $0.0, member: $0.1) }
    }

    func access(_ login: String) async throws -> Set<EntitlementID> {
        guard let person = try await sync.person(login) else { return [] }
        return Set(
            try await assignments.effectiveAccess(of: .person(person.id), in: sync.tenant).map(\.entitlement))
    }
}
