import Identity
import Testing
import Vocabulary

/// 100,000 people, 2,000 nested groups, 400,000 memberships. Times are printed, counts are held.
@Suite struct SyncScaleTests {
    @Test func aLargeDirectoryIsPlannedAndJudged() throws {
        var fixture = SyncFixture(people: 100_000)
        fixture.addGroups((0..<2_000).map { "group\($0)" })
        fixture.nestings = (1..<2_000).map { pair(Int32(($0 - 1) / 3), Int32($0)) }
        fixture.memberships = (0..<400_000).map { pair(Int32($0 * 7 % 2_000), Int32($0 % 100_000)) }
        let distinct = Set(fixture.memberships).count
        let clock = ContinuousClock()
        var plan: SyncPlan?
        let first = try clock.measure { plan = try fixture.plan(over: KnownDirectory(provider: SyncFixture.provider)) }
        #expect(plan?.count(.add) == 100_000)
        #expect(plan?.membershipsGained.count == distinct)
        let known = fixture.known()
        let unchanged = try clock.measure { plan = try fixture.plan(over: known) }
        #expect(plan?.isEmpty == true)
        let mappings = MappingEvaluator(
            (0..<200).map { number in
                RoleMapping(
                    id: id(UInt64(number)), tenant: id(1), provider: SyncFixture.provider,
                    match: .group(key: "g-group\(number * 10)"), role: id(UInt64(2_000 + number % 40)))
            })
        fixture.people.removeLast(3_000)
        fixture.memberships.removeAll { $0.member >= 97_000 }
        let comparison = try SyncComparison(snapshot: fixture.snapshot, known: known)
        var effect: RoleEffect?
        let roles = clock.measure { effect = comparison.roleEffect(mappings, hierarchy: GrantRule(roles: [])) }
        #expect(comparison.plan(now: start).count(.leave) == 3_000)
        #expect(Set(effect?.lost.map(\.key) ?? []).count <= 3_000)
        #expect(effect?.gained.isEmpty == true)
        print("sync plan 100k x 2k: first \(first), unchanged \(unchanged), role effect \(roles)")
    }
}
