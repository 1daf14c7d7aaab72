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
    }

    mutating func run(_ command: EntitlementCommand, at now: Timestamp = noon) throws {
        for event in try catalog.decide(command, tenant: tenant, now: now) {
            #expect(try EntitlementEvent(event.record) == event)
            entries.append(try catalog.audit(Recorded(event, at: now, actor: admin), event: ids.make()))
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
            entries.append(try catalog.audit(Recorded(event, at: now, actor: admin), event: ids.make()))
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
}
