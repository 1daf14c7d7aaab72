import Fixtures
import Governance
import Testing
import Vocabulary

@Suite("Separation of duties in bulk")
struct SodScaleTests {
    /// In a debug build the bar is looser than the one that the benchmark holds; the shape is the same.
    @Test("a scan looks at each pair of an entitlement held and a rule that names it, however many rules there are")
    func scan() throws {
        let tenant = TenantID(high: 7, low: 7)
        var generator = Seeded(1)
        var register = try SodRegister(tenant: tenant)
        let entitlements = (1...2_000).map { EntitlementID(high: 1, low: $0) }
        var events: [Recorded<SodEvent>] = []
        for number in 1...500 {
            let some = (0..<4).map { _ in entitlements.randomElement(using: &generator) ?? entitlements[0] }
            let details = SodRuleDetails(
                name: "r\(number)", conflictType: .exclusive, entitlements: Array(Set(some)), severity: .high)
            events.append(
                Recorded(.ruleCreated(SodRuleID(high: 1, low: UInt64(number)), details), at: noon, actor: admin))
        }
        try register.apply(events)
        let holdings = (1...5_000).map { person in
            let held = Set((0..<20).map { _ in entitlements[Int.random(in: 0..<2_000, using: &generator)] })
            return (subject: Subject.person(PersonID(high: 9, low: UInt64(person))), held: held)
        }
        var ids = Ids()
        let clock = ContinuousClock()
        var found = 0
        let taken = try clock.measure {
            found = try register.scan(holdings, at: noon) { ids.make() }.found
        }
        #expect(found > 0)
        #expect(taken < .seconds(10))
    }
}
