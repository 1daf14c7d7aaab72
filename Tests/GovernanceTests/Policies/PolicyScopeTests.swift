import Governance
import Testing
import Vocabulary

@Suite("Where a policy holds")
struct PolicyScopeTests {
    let legal = OrganizationUnitID(high: 1, low: 1)
    let sales = OrganizationUnitID(high: 1, low: 2)

    @Test("S0-28 S0-29 S0-30 S0-31 S0-32 S0-33 each level covers whom it names and nobody else")
    func levels() throws {
        let place = ScopePlace(ada, units: [.init(.department, legal), .init(.team, sales)])
        let nowhere = ScopePlace(ada)
        #expect(PolicyScope.system.covers(nowhere) && PolicyScope.organization.covers(nowhere))
        for level in [ScopeLevel.department, .project, .team] {
            let any = try #require(PolicyScope(level))
            #expect(any.covers(place) == (level != .project) && !any.covers(nowhere))
        }
        #expect(try #require(PolicyScope(.department, unit: legal)).covers(place))
        #expect(!(try #require(PolicyScope(.department, unit: sales)).covers(place)))
        #expect(try #require(PolicyScope(.individual, subject: ada)).covers(nowhere))
        let other = Subject.person(PersonID(high: 9, low: 9))
        #expect(!(try #require(PolicyScope(.individual, subject: other)).covers(place)))
        let company = try #require(PolicyScope(.organization, unit: legal))
        #expect(!company.covers(place) && company.covers(ScopePlace(ada, units: [.init(.organization, legal)])))
        #expect(!(try #require(PolicyScope(.individual)).covers(place)))
        #expect(PolicyScope(.system, unit: legal) == nil)
        #expect(PolicyScope(.team, subject: ada) == nil)
        #expect(PolicyScope(.system, services: Array(repeating: "a", count: 65)) == nil)
    }

    @Test("S4-43 selectors narrow by environment, service, resource and action")
    func selectors() throws {
        let scope = try #require(
            PolicyScope(
                .organization, environments: ["production"], services: ["billing"], resources: ["file"],
                actions: ["read"]))
        #expect(scope.selects(environment: "production", service: "billing", resource: "file", action: "read"))
        #expect(!scope.selects(environment: nil, service: "billing", resource: "file", action: "read"))
        #expect(!scope.selects(environment: "staging", service: "billing", resource: "file", action: "read"))
        #expect(!scope.selects(environment: "production", service: "shop", resource: "file", action: "read"))
        #expect(!scope.selects(environment: "production", service: "billing", resource: "table", action: "read"))
        #expect(!scope.selects(environment: "production", service: "billing", resource: "file", action: "write"))
    }

    @Test("S3-50 S3-51 S3-52 a tenant has its own policies and those from above, and overrides only what permits it")
    func inheritance() throws {
        let wide = try active(1, details("wide", scope: .system, isOverridable: true), rules: [])
        let firm = try active(2, details("firm", scope: .system), rules: [])
        let narrow = try active(3, details("narrow"), rules: [])
        func own(_ number: UInt64, _ parent: GovernedPolicy) throws -> [PolicyEvent] {
            try GovernedPolicy.decide(.create(id(number), details(), overrides: parent.id), on: nil, parent: parent)
        }
        expect(.parentForbidsOverride(firm.id)) { () throws(GovernanceError) in
            try GovernedPolicy.decide(.create(id(9), details(), overrides: firm.id), on: nil, parent: firm)
        }
        expect(.notFound(resource: "policy", id: firm.id.description)) { () throws(GovernanceError) in
            try GovernedPolicy.decide(.create(id(9), details(), overrides: firm.id), on: nil, parent: wide)
        }
        let created = Recorded(try #require(try own(4, wide).first), at: noon, actor: admin)
        var mine = try GovernedPolicy.applying(created, to: nil)
        // A draft overrides nothing.
        let global = [wide, firm, narrow]
        #expect(inForce(global, [mine], at: noon) == [wide.id, firm.id])
        for event in [PolicyEvent.approved(nil), .activated(try #require(EffectivePeriod(from: noon)), nil)] {
            mine = try GovernedPolicy.applying(Recorded(event, at: noon, actor: admin), to: mine)
        }
        #expect(inForce(global, [mine], at: noon) == [firm.id, mine.id])
        #expect(inForce(global, [mine], at: noon - .seconds(1)) == [wide.id, firm.id])
        // The permission is withdrawn after the override was made.
        let closed = try active(1, details("wide", scope: .system), rules: [])
        #expect(inForce([closed], [mine], at: noon) == [closed.id])
    }

    /// What holds at a moment of all that is compiled.
    private func inForce(_ global: [GovernedPolicy], _ tenant: [GovernedPolicy], at now: Timestamp) -> [PolicyID] {
        let (inherited, own, overridden) = PolicyInheritance.compiled(global: global, tenant: tenant)
        return (inherited + own).filter { policy in
            let standIns = overridden[PlacedPolicy(policy.id, isInherited: inherited.contains(policy))] ?? []
            return policy.isInForce(at: now) && !standIns.contains { $0.period.contains(now) }
        }.map(\.id)
    }
}
