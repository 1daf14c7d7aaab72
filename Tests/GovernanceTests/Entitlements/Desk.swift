import Governance
import Testing
import Vocabulary

/// A tenant's catalog with its duties, driven by commands.
struct Desk {
    let tenant = TenantID(high: 7, low: 7)
    var catalog: EntitlementCatalog
    var duties: SodRegister
    private(set) var entries: [EntitlementAuditEntry] = []
    private var ids = Ids()

    init() throws {
        catalog = try EntitlementCatalog(tenant: tenant)
        duties = try SodRegister(tenant: tenant)
        for number: UInt64 in 1...2 { catalog.take(try Desk.application(ApplicationID(high: 4, low: number))) }
    }

    mutating func run(_ command: EntitlementCommand, at now: Timestamp = noon) throws {
        for event in try catalog.decide(command, tenant: tenant, now: now) {
            #expect(try EntitlementEvent(event.record) == event)
            let (id, recorded) = (event.entitlement, Recorded(event, at: now, actor: admin))
            let before = catalog.entitlements[id]
            try catalog.apply(recorded)
            entries.append(
                EntitlementAuditEntry(
                    recorded, event: ids.make(), in: tenant, before: before, after: catalog.entitlements[id]))
            if case .deleted(let id) = event {
                for orphaned in duties.orphaned(by: id) { try duties.apply(Recorded(orphaned, at: now, actor: admin)) }
            }
        }
    }

    mutating func run(
        _ command: AssignmentCommand, _ validation: AssignmentValidation = .standard, roles: Set<RoleID> = [],
        at now: Timestamp = noon
    ) throws {
        let decided = try catalog.decide(
            command, tenant: tenant, validation: validation, duties: duties, roles: roles, now: now)
        for event in decided {
            #expect(try AssignmentEvent(event.record) == event)
            let recorded = Recorded(event, at: now, actor: admin)
            let before = catalog.assignments[event.assignment]
            try catalog.apply(recorded)
            entries.append(
                EntitlementAuditEntry(
                    recorded, event: ids.make(), in: tenant, before: before,
                    after: try catalog.assignment(event.assignment)))
        }
    }

    mutating func rule(_ id: SodRuleID, _ type: SodRule.ConflictType, _ entitlements: [EntitlementID]) throws {
        let details = SodRuleDetails(
            name: "AP Segregation", conflictType: type, entitlements: entitlements, severity: .critical)
        for event in try duties.decide(
            .createRule(id, details), tenant: tenant, exists: { catalog.entitlements[$0] != nil })
        {
            try duties.apply(Recorded(event, at: noon, actor: admin))
        }
    }

    /// The ends of assignments that time has made due.
    func due(at now: Timestamp) -> [AssignmentEvent] {
        catalog.assignments.values.sorted { $0.id < $1.id }
            .flatMap { $0.due(at: now, source: $0.delegatedFrom.flatMap { catalog.assignments[$0] }) }
    }

    static func application(_ id: ApplicationID) throws -> GovernedApplication {
        let details = ApplicationDetails(name: "Application \(id.low)", type: .saas)
        let events = try GovernedApplication.decide(.create(id, details), on: nil, isTaken: false)
        return try #require(
            try GovernedApplication.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: admin) }))
    }
}
