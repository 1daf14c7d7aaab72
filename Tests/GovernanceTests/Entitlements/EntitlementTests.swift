import Governance
import Testing
import Vocabulary

@Suite("Entitlements")
struct EntitlementTests {
    let erp = ApplicationID(high: 4, low: 1), crm = ApplicationID(high: 4, low: 2)

    private func desk() throws -> Desk {
        var desk = try Desk()
        try desk.run(.create(id(1), erp, details("Approve", .low)))
        try desk.run(.create(id(2), erp, details("Create", .medium)))
        try desk.run(.create(id(3), crm, details("Approve", .low)))
        return desk
    }

    private func details(_ name: String, _ risk: RiskLevel, isDelegable: Bool = false) -> EntitlementDetails {
        EntitlementDetails(name: name, riskLevel: risk, isDelegable: isDelegable)
    }

    private func input(
        _ number: UInt64, _ entitlement: UInt64, source: AssignmentSource = .direct, until: Timestamp? = nil,
        why: String? = nil, awaits: Bool = false, to subject: Subject = ada
    ) -> AssignmentInput {
        AssignmentInput(
            id: id(number), entitlement: id(entitlement), subject: subject, source: source, expiresAt: until,
            justification: why, awaitsApproval: awaits)
    }

    @Test(
        "S1-03 S1-04 S1-05 S1-06 S1-09 the document's entitlement is made, read, changed and deleted, with all its fields"
    )
    func crud() throws {
        let seed = try #require(try corpus("seed-001")["entitlement"])
        var desk = try Desk()
        var wanted = EntitlementDetails(
            name: try #require(seed["name"]?.string), description: seed["description"]?.string,
            riskLevel: try #require(seed["risk_level"]?.string.flatMap(RiskLevel.init)),
            owner: PersonID(high: 5, low: 5),
            externalID: "cn=admin", metadata: ["cost": 1.5, "tags": ["a"]],
            isDelegable: seed["is_delegable"]?.bool ?? true)
        try desk.run(.create(id(1), erp, wanted))
        let made = try desk.catalog.entitlement(id(1))
        #expect(made.details == wanted && made.details.name == "Admin Access" && made.details.riskLevel == .critical)
        #expect(
            made.document(in: desk.tenant)["tenant_id"]?.string == desk.tenant.description && made.application == erp
                && made.status == .active)
        #expect(made.createdAt == noon && !made.details.isDelegable)
        #expect(made.details.description == "Full administrative privileges")
        wanted.description = nil
        try desk.run(.update(id(1), wanted), at: noon + .seconds(1))
        try desk.run(.changeStatus(id(1), .inactive), at: noon + .seconds(2))
        let changed = try desk.catalog.entitlement(id(1))
        #expect(
            changed.details.description == nil && changed.status == .inactive && changed.updatedAt == noon + .seconds(2)
        )
        try desk.run(.delete(id(1)))
        let catalog = desk.catalog
        expect(.entitlementNotFound(id(1))) { () throws(GovernanceError) in try catalog.entitlement(id(1)) }
        expect(.entitlementNotFound(id(1))) { () throws(GovernanceError) in
            try catalog.decide(.delete(id(1)), tenant: desk.tenant, now: noon)
        }
    }

    @Test("S1-12 a name is unique within its application, also after a change and again after a deletion")
    func names() throws {
        var desk = try desk()
        let catalog = desk.catalog, tenant = desk.tenant
        expect(.entitlementNameExists("Approve")) { () throws(GovernanceError) in
            try catalog.decide(
                .create(id(9), erp, EntitlementDetails(name: "Approve", riskLevel: .low)), tenant: tenant, now: noon)
        }
        expect(.entitlementNameExists("Create")) { () throws(GovernanceError) in
            try catalog.decide(
                .update(id(1), EntitlementDetails(name: "Create", riskLevel: .low)), tenant: tenant, now: noon)
        }
        try desk.run(.update(id(2), details("Other", .medium)))
        try desk.run(.create(id(9), erp, details("Create", .low)))
        try desk.run(.delete(id(9)))
        try desk.run(.create(id(8), erp, details("Create", .low)))
        #expect(desk.catalog.entitlement(named: "Create", in: erp) == id(8))
    }

    @Test("S1-01 S1-02 without a tenant, with the nil one or with another nothing is answered")
    func tenants() throws {
        let desk = try desk()
        expect(.tenantRequired) { () throws(GovernanceError) in
            try EntitlementCatalog(tenant: TenantID(high: 0, low: 0))
        }
        expect(.tenantRequired) { () throws(GovernanceError) in
            try desk.catalog.decide(.delete(id(1)), tenant: TenantID(high: 0, low: 0), now: noon)
        }
        let other = TenantID(high: 8, low: 8)
        expect(.notFound(resource: "tenant", id: other.description)) { () throws(GovernanceError) in
            try desk.catalog.decide(.delete(id(1)), tenant: other, now: noon)
        }
        expect(.notFound(resource: "tenant", id: other.description)) { () throws(GovernanceError) in
            try desk.catalog.decide(.revoke(id(1)), tenant: other, duties: desk.duties, now: noon)
        }
    }

    @Test("S1-20 S1-21 S1-22 S1-23 S1-24 the enumerations have their words")
    func words() {
        #expect(RiskLevel.allCases.map(\.rawValue) == ["low", "medium", "high", "critical"])
        #expect(EntitlementStatus.allCases.map(\.rawValue) == ["active", "inactive", "pending_approval"])
        #expect(AssignmentStatus.allCases.map(\.rawValue) == ["active", "pending_approval", "revoked", "expired"])
        #expect(AssignmentSource.allCases.map(\.rawValue) == ["direct", "role", "birthright"])
        #expect(ApplicationType.allCases.map(\.rawValue) == ["custom", "saas", "on_premise", "cloud"])
        #expect(ApplicationStatus.allCases.map(\.rawValue) == ["active", "inactive", "deprecated"])
    }

    @Test("S1-13 what is assigned is not deleted")
    func deletion() throws {
        var desk = try desk()
        try desk.run(.assign(input(1, 1)))
        try desk.run(.assign(input(2, 1, to: .person(PersonID(high: 0xB, low: 0xB)))))
        let catalog = desk.catalog, tenant = desk.tenant
        expect(.entitlementHasAssignments(2)) { () throws(GovernanceError) in
            try catalog.decide(.delete(id(1)), tenant: tenant, now: noon)
        }
        try desk.run(.revoke(id(1)))
        try desk.run(.revoke(id(2)))
        try desk.run(.delete(id(1)))
    }

    @Test("S1-43 deleting an entitlement orphans the rules that name it")
    func orphans() throws {
        var desk = try desk()
        try desk.rule(id(1), .exclusive, [id(1), id(2)])
        try desk.run(.delete(id(2)))
        #expect(try desk.duties.rule(id(1)).isOrphaned)
    }
}
