import Identity
import Testing
import Vocabulary

@Suite struct GrantRuleTests {
    func role(_ number: UInt64, parents: [UInt64] = [], _ permissions: [RolePermission] = [], tenant: UInt64 = 1)
        -> Role
    {
        Role(
            id: id(number), tenant: id(tenant), name: "r\(number)", parents: parents.map { id($0) },
            permissions: permissions)
    }

    static let read = RolePermission(action: "read", resourceType: "doc")
    static let write = RolePermission(action: "write", resourceType: "doc", pattern: "a/*")

    var rule: GrantRule {
        GrantRule(roles: [
            role(1, [Self.read]), role(2, parents: [1], [Self.write]),
            role(3, [RolePermission(action: "*", resourceType: "*")]),
            role(4, parents: [5]), role(5, parents: [4], [Self.read]), role(6, tenant: 9),
        ])
    }

    func refusal(_ role: UInt64, held: [UInt64], expiresAt: Timestamp? = nil) -> GrantRefusal? {
        rule.refusal(granting: id(role), in: id(1), held: held.map { id($0) }, expiresAt: expiresAt, now: start)
    }

    // S4-07.
    @Test func oneGrantsOnlyWhatOneHolds() {
        #expect(refusal(1, held: [2]) == nil)
        #expect(refusal(2, held: [1]) == .notHeld([Self.write]))
        #expect(refusal(2, held: []) == .notHeld([Self.read, Self.write]))
        #expect(refusal(2, held: [3]) == nil)
        #expect(refusal(3, held: [1, 2]) != nil)
        #expect(rule.refusal(giving: [Self.write], held: [id(1)]) == .notHeld([Self.write]))
    }

    @Test func pastExpiryUnknownRolesAndOtherTenantsAreRefused() {
        #expect(refusal(1, held: [3], expiresAt: start) == .alreadyExpired)
        #expect(refusal(1, held: [3], expiresAt: start + .microseconds(1)) == nil)
        #expect(refusal(99, held: [3]) == .unknownRole(id(99)))
        #expect(refusal(6, held: [3]) == .otherTenant)
    }

    @Test func inheritanceEndsInCyclesAndMakesNone() {
        #expect(rule.closure(of: [id(4)]) == [id(4), id(5)])
        #expect(rule.refusal(inheriting: [id(2)], by: id(1)) == .inheritanceCycle)
        #expect(rule.refusal(inheriting: [id(1)], by: id(1)) == .inheritanceCycle)
        #expect(rule.refusal(inheriting: [id(99)], by: id(1)) == .unknownRole(id(99)))
        #expect(rule.refusal(inheriting: [id(1)], by: id(3)) == nil)
    }

    @Test(
        arguments: [
            ("a/*", "a/b", true), ("a/*", "a/b/*", true), ("a/*", "b/*", false), ("a/*", nil, false), (nil, "a", true),
            ("*", nil, true), ("a*b", "axb", false), ("a*b", "a*b", true), ("a", "ab", false),
        ] as [(String?, String?, Bool)])
    func aPatternCoversWhatItSurelyContains(held: String?, wanted: String?, covers: Bool) {
        let held = RolePermission(action: "read", resourceType: "doc", pattern: held)
        #expect(held.covers(RolePermission(action: "read", resourceType: "doc", pattern: wanted)) == covers)
        #expect(!held.covers(RolePermission(action: "write", resourceType: "doc", pattern: wanted)))
        #expect(!held.covers(RolePermission(action: "read", resourceType: "*", pattern: wanted)))
    }

    @Test func anAssignmentCountsUntilItsExpiry() {
        let assignment = RoleAssignment(
            id: id(1), tenant: id(1), subject: .person(id(2)), role: id(3), grantedBy: .anonymous, grantedAt: start,
            expiresAt: start + .seconds(1))
        #expect(assignment.isEffective(at: start))
        #expect(!assignment.isEffective(at: start + .seconds(1)))
    }
}
