import Authorization
import Testing
import Vocabulary

@Suite struct RoleGraphTests {
    private func role(_ number: UInt64, _ name: String, _ parents: [UInt64] = [], _ permissions: [Permission] = [])
        -> RoleDefinition
    {
        RoleDefinition(id: roleID(number), name: name, parents: parents.map(roleID), permissions: permissions)
    }

    // S4-07.
    @Test func permissionsAreInheritedAndTheChainIsNamed() throws {
        let graph = try RoleGraph([
            role(1, "clerk", [], [Permission("read", on: "invoice")]), role(2, "lead", [1]), role(3, "head", [2]),
        ])
        #expect(graph.permits([roleID(3)], action: "read", resourceType: "invoice", resourceID: "1"))
        #expect(!graph.permits([roleID(3)], action: "write", resourceType: "invoice", resourceID: "1"))
        #expect(!graph.permits([roleID(9)], action: "read", resourceType: "invoice", resourceID: "1"))
        let grants = graph.grants([roleID(3)], action: "read", resourceType: "invoice", resourceID: "1")
        #expect(grants.map(\.chain) == [[roleID(3), roleID(2), roleID(1)]])
        #expect(graph.chain(from: [roleID(1)], to: roleID(3)) == nil, "inheritance does not run backwards")
    }

    @Test func aCycleIsReportedAndNotFollowedWhateverTheOrder() throws {
        let definitions = [
            role(1, "a", [2], [Permission("a", on: "x")]), role(2, "b", [3], [Permission("b", on: "x")]),
            role(3, "c", [1, 4], [Permission("c", on: "x")]), role(4, "d", [], [Permission("d", on: "x")]),
        ]
        for order in [
            definitions, definitions.reversed(), [definitions[2], definitions[0], definitions[3], definitions[1]],
        ] {
            let graph = try RoleGraph(order)
            #expect(graph.findings == [.cycle([roleID(1), roleID(2), roleID(3)])])
            #expect(graph.effectiveRoles([roleID(1)]) == [roleID(1)])
            #expect(Set(graph.effectiveRoles([roleID(3)])) == [roleID(3), roleID(4)], "edges out of the cycle hold")
        }
        #expect(try RoleGraph([role(1, "self", [1])]).findings == [.cycle([roleID(1)])])
    }

    @Test func unknownParentsAndRepeatedRolesAreReported() throws {
        let graph = try RoleGraph([role(1, "a", [7]), role(1, "again"), role(2, "a")])
        #expect(
            Set(graph.findings) == [
                .unknownParent(role: roleID(1), parent: roleID(7)), .duplicateID(roleID(1)), .duplicateName("a"),
            ])
        #expect(graph.roles.count == 2)
    }

    @Test func aChainOfTenThousandRolesIsFollowedAndOneMoreIsRefused() throws {
        let limit = UInt64(RoleGraph.Limits.roles)
        let chain = (1...limit).map {
            role($0, "r\($0)", $0 == 1 ? [] : [$0 - 1], $0 == 1 ? [Permission("read", on: "x")] : [])
        }
        #expect(try RoleGraph(chain).permits([roleID(limit)], action: "read", resourceType: "x", resourceID: ""))
        #expect(throws: Fault("roles.limit", .caller, "")) { _ = try RoleGraph(chain + [role(limit + 1, "more")]) }
    }

    @Test func parentsAndPermissionsOnePastTheirLimitsAreRefused() throws {
        let parents = (1...UInt64(RoleGraph.Limits.parents + 1)).map { $0 + 10 }
        #expect(throws: Fault("roles.limit", .caller, "")) { _ = try RoleGraph([role(1, "a", parents)]) }
        let permissions = Array(repeating: Permission("a", on: "b"), count: RoleGraph.Limits.permissions + 1)
        #expect(throws: Fault("roles.limit", .caller, "")) { _ = try RoleGraph([role(1, "a", [], permissions)]) }
        #expect(throws: Fault("roles.limit", .caller, "")) { _ = try RoleGraph([role(1, "")]) }
    }

    @Test(arguments: [
        ("*", "x", true), ("a*", "abc", true), ("a*", "ba", false), ("*c", "abc", true), ("a*c", "abbc", true),
        ("a*c", "ab", false), ("a*b*c", "a-b-b-c", true), ("abc", "abc", true), ("abc", "abcd", false), ("", "", true),
        ("**", "", true), ("a*a", "a", false),
    ])
    func wildcards(pattern: String, text: String, expected: Bool) {
        let permission = Permission("read", on: "doc", matching: pattern)
        #expect(permission.covers(action: "read", resourceType: "doc", resourceID: text) == expected)
    }

    // S4-02, S4-03, S4-04, S4-05, S4-06.
    @Test func predefinedRolesDoWhatTheirNamesSay() throws {
        let graph = try RoleGraph(
            PredefinedRole.definitions { role in
                roleID(UInt64(PredefinedRole.allCases.firstIndex(of: role) ?? 0) + 1)
            })
        #expect(graph.findings.isEmpty)
        func may(_ role: PredefinedRole, _ action: String, _ type: String) -> Bool {
            graph.roles.first { $0.name == role.rawValue }
                .map { graph.permits([$0.id], action: action, resourceType: type, resourceID: "x") } ?? false
        }
        #expect(may(.admin, "anything", "at_all"))
        #expect(
            may(.operator, "disable", "person") && may(.operator, "read", "audit")
                && !may(.operator, "update", "policy"))
        #expect(may(.developer, "test", "policy") && !may(.developer, "approve", "policy"))
        #expect(may(.reviewer, "approve", "policy") && !may(.reviewer, "create", "policy"))
        #expect(may(.analyst, "read", "person") && !may(.analyst, "disable", "person"))
    }

    @Test func theCanonicalTextFollowsContentNotOrder() throws {
        let (a, b) = (role(1, "a", [], [Permission("read", on: "x")]), role(2, "b", [1]))
        #expect(try RoleGraph([a, b]).canonicalText == RoleGraph([b, a]).canonicalText)
        #expect(try RoleGraph([a]).canonicalText != RoleGraph([role(1, "a")]).canonicalText)
    }
}
