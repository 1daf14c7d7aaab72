import Identity
import Testing
import Vocabulary

@Suite struct SyncGuardTests {
    static let admin: RoleID = id(700)
    static let reader: RoleID = id(701)

    static let hierarchy = GrantRule(roles: [
        Role(id: admin, tenant: id(1), name: "Admin", parents: [reader], isProtected: true),
        Role(id: reader, tenant: id(1), name: "Reader"),
    ])

    func mapping(_ number: UInt64, _ match: MappingMatch, _ role: RoleID, provider: ProviderID = SyncFixture.provider)
        -> RoleMapping
    {
        RoleMapping(id: id(number), tenant: id(1), provider: provider, match: match, role: role)
    }

    func judge(
        _ fixture: SyncFixture, over known: KnownDirectory, mappings: [RoleMapping] = [],
        protected: [ProtectedRole] = []
    ) throws -> (SyncVerdict, RoleEffect) {
        let comparison = try SyncComparison(snapshot: fixture.snapshot, known: known)
        let effect = comparison.roleEffect(MappingEvaluator(mappings), hierarchy: Self.hierarchy)
        let verdict = SyncGuard.judge(
            plan: comparison.plan(now: start),
            known: KnownCounts(people: known.people.count, memberships: known.memberships.count),
            roleEffect: effect, protectedRoles: protected)
        return (verdict, effect)
    }

    @Test(arguments: [(100, 10, true), (100, 11, false), (400, 20, true), (400, 21, false), (100, 20, false)])
    func removalsOfPeopleAreHeldOnePastTheLimit(total: Int, removed: Int, applies: Bool) throws {  // matrix 15
        var fixture = SyncFixture(people: total)
        let known = fixture.known()
        fixture.people.removeLast(removed)
        let limit = max(10, total / 20)
        #expect(
            try judge(fixture, over: known).0
                == (applies ? .apply : .hold([.tooManyPeopleRemoved(count: removed, limit: limit)])))
    }

    @Test func disablingManyUpstreamIsHeldLikeRemovingThem() throws {
        var fixture = SyncFixture(people: 40)
        let known = fixture.known()
        for index in 0..<11 {
            fixture.people[index] = PersonRecord(key: SyncFixture.key(index), login: "user\(index)", isDisabled: true)
        }
        #expect(try judge(fixture, over: known).0 == .hold([.tooManyPeopleRemoved(count: 11, limit: 10)]))
    }

    @Test(arguments: [(10, true), (11, false)])
    func removalsOfMembershipsAreHeldOnePastTheLimit(removed: Int, applies: Bool) throws {
        var fixture = SyncFixture(people: 200)
        fixture.addGroups(["a"])
        fixture.memberships = (0..<200).map { pair(0, $0) }
        let known = fixture.known()
        fixture.memberships.removeFirst(removed)
        #expect(
            try judge(fixture, over: known).0
                == (applies ? .apply : .hold([.tooManyMembershipsRemoved(count: removed, limit: 10)])))
    }

    @Test func anEmptySourceIsHeldHoweverSmallItWas() throws {  // matrix 16
        var fixture = SyncFixture(people: 3)
        let known = fixture.known()
        fixture.people = []
        #expect(try judge(fixture, over: known).0 == .hold([.emptySource]))
        #expect(try judge(fixture, over: KnownDirectory(provider: SyncFixture.provider)).0 == .apply)
    }

    @Test func theLastHolderOfAProtectedRoleIsNotLost() throws {
        var fixture = SyncFixture(people: 20)
        fixture.addGroups(["admins", "inner"])
        fixture.nestings = [pair(0, 1)]
        fixture.memberships = [pair(1, 0)]
        let known = fixture.known()
        let mappings = [mapping(1, .group(key: "g-admins"), Self.admin)]
        fixture.nestings = []
        let alone = try judge(
            fixture, over: known, mappings: mappings, protected: [ProtectedRole(role: Self.admin)])
        #expect(alone.0 == .hold([.protectedRoleEmptied(Self.admin)]))
        #expect(alone.1.lost.map(\.role) == [Self.admin, Self.reader])
        let other = ProtectedRole(role: Self.admin, otherHolders: [known.people[1].id])
        #expect(try judge(fixture, over: known, mappings: mappings, protected: [other]).0 == .apply)
        fixture.people.remove(at: 1)
        #expect(
            try judge(fixture, over: known, mappings: mappings, protected: [other]).0
                == .hold([.protectedRoleEmptied(Self.admin)]))
    }

    @Test func aRoleNobodyHeldIsNotEmptied() throws {
        let fixture = SyncFixture(people: 1)
        #expect(try judge(fixture, over: fixture.known(), protected: [ProtectedRole(role: Self.admin)]).0 == .apply)
    }
}

@Suite struct RoleEffectTests {
    let base = SyncGuardTests()

    @Test func nestedMembershipGainsAndDisablingLoses() throws {  // matrix 6 and 7
        var fixture = SyncFixture(people: 3)
        fixture.addGroups(["a", "b", "c", "d", "e"])
        fixture.memberships = [pair(0, 0)]
        let known = fixture.known()
        fixture.nestings = [pair(4, 3), pair(3, 2), pair(2, 1), pair(1, 0), pair(0, 4)]
        fixture.memberships = [pair(0, 0), pair(2, 1), pair(0, 2)]
        fixture.people[2] = PersonRecord(key: SyncFixture.key(2), login: "user2", isDisabled: true)
        let mappings = [base.mapping(1, .group(key: "g-e"), SyncGuardTests.reader)]
        let effect = try base.judge(fixture, over: known, mappings: mappings).1
        #expect(effect.gained.map(\.key) == [SyncFixture.key(0), SyncFixture.key(1)])
        #expect(effect.lost.isEmpty)
        #expect(effect.holdersAfter == [SyncGuardTests.reader: 2])
    }

    @Test func aRoleHeldByTwoWaysIsLostOnlyWithBoth() throws {
        var fixture = SyncFixture(people: 1)
        fixture.addGroups(["a", "b"])
        fixture.memberships = [pair(0, 0), pair(1, 0)]
        let known = fixture.known()
        let mappings = ["g-a", "g-b"].enumerated().map {
            base.mapping(UInt64($0), .group(key: $1), SyncGuardTests.reader)
        }
        fixture.memberships.removeLast()
        #expect(try base.judge(fixture, over: known, mappings: mappings).1.lost.isEmpty)
        fixture.memberships = []
        #expect(try base.judge(fixture, over: known, mappings: mappings).1.lost.count == 1)
    }

    @Test func attributesGiveRolesAndNamesDoNot() throws {
        var fixture = SyncFixture(people: 1)
        fixture.addGroups(["admins"])
        let known = fixture.known()
        fixture.memberships = [pair(0, 0)]
        fixture.people[0] = PersonRecord(
            key: SyncFixture.key(0), login: "user0", attributes: ["type": ["staff", "x"]])
        let effect = try base.judge(
            fixture, over: known,
            mappings: [
                base.mapping(1, .group(key: "admins"), SyncGuardTests.admin),
                base.mapping(2, .group(key: "g-admins"), SyncGuardTests.admin, provider: id(501)),
                base.mapping(3, .attribute(name: "type", values: ["staff"]), SyncGuardTests.reader),
            ]
        ).1
        #expect(effect.gained.map(\.role) == [SyncGuardTests.reader])
    }
}
