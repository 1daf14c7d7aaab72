import Identity
import Testing
import Vocabulary

@Suite struct MappingEvaluatorTests {
    func mapping(_ number: UInt64, _ match: MappingMatch, role: UInt64, provider: UInt64 = 1) -> RoleMapping {
        RoleMapping(id: id(number), tenant: id(2), provider: id(provider), match: match, role: id(role))
    }

    @Test func rolesNameTheMappingsThatGaveThem() {
        let evaluator = MappingEvaluator([
            mapping(12, .group(key: "g1"), role: 30),
            mapping(11, .attribute(name: "type", values: ["a", "b"]), role: 30),
            mapping(13, .group(key: "g2"), role: 31), mapping(14, .group(key: "g1"), role: 32, provider: 9),
        ])
        let identity = ExternalIdentity(
            provider: id(1), subjectKey: "k", login: "ada", attributes: ["type": ["x", "b"]],
            groups: [UpstreamGroup(key: "g1", name: "g2")])
        #expect(evaluator.roles(of: identity).map(\.role) == [id(30)])
        #expect(evaluator.roles(of: identity).map(\.mappings) == [[id(11), id(12)]])
    }

    @Test(arguments: [AttributeValue.null, 1, true, "A", ["type": "a"], [["a"]], "e\u{301}"])
    func whatCannotBeJudgedGivesNoRole(value: AttributeValue) {
        let evaluator = MappingEvaluator([
            mapping(1, .attribute(name: "type", values: ["a", "1", "true", "\u{e9}"]), role: 3)
        ])
        #expect(evaluator.roles(provider: id(1), groups: [], attributes: ["type": value]).isEmpty)
        #expect(evaluator.roles(provider: id(1), groups: [], attributes: ["type": "a"]).count == 1)
        #expect(evaluator.roles(provider: id(1), groups: [], attributes: [:]).isEmpty)
    }

    @Test func mappingsOfVanishedGroupsAreDead() {
        let evaluator = MappingEvaluator([
            mapping(1, .group(key: "g1"), role: 3), mapping(2, .group(key: "g2"), role: 3),
            mapping(3, .group(key: "g3"), role: 3, provider: 9), mapping(4, .attribute(name: "a", values: []), role: 3),
        ])
        #expect(evaluator.dead(provider: id(1), knownGroups: ["g1"]) == [id(2)])
    }

    @Test func theDigestFollowsTheRulesAndNothingElse() {
        let one = mapping(1, .group(key: "ab"), role: 3)
        let two = mapping(2, .attribute(name: "a", values: ["x", "y"]), role: 3)
        let digest = MappingEvaluator([one, two]).digest
        #expect(digest == MappingEvaluator([two, one]).digest)
        #expect(
            digest == MappingEvaluator([one, mapping(2, .attribute(name: "a", values: ["y", "x"]), role: 3)]).digest)
        #expect(digest != MappingEvaluator([one]).digest)
        #expect(digest != MappingEvaluator([one, mapping(2, .attribute(name: "ax", values: ["y"]), role: 3)]).digest)
    }
}
