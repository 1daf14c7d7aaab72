import Authorization
import Testing
import Vocabulary

@Suite struct ExplanationTests {
    private func explain(
        _ rules: [AttributeValue], _ subject: SubjectFacts, roles: RoleGraph = .empty, context: Attributes = [:]
    ) throws -> Explanation {
        let index = try compiled(rules, roles: roles)
        return index.explain(try request(context: context), standing: try index.standing(of: subject), now: noon)
    }

    @Test func theNearestMissingConditionsComeFirst() throws {
        let explanation = try explain(
            [
                rule("far", ["subjects": ["groups": ["board"]], "when": ["equals": ["subject.department": "legal"]]]),
                rule("near", ["when": ["greater_than_or_equal": ["subject.clearance": 3]]]),
            ], SubjectFacts(id: "u", attributes: ["clearance": 2]))
        #expect(explanation.nearest.map(\.rule) == [.policy(id: "near", version: 1), .policy(id: "far", version: 1)])
        #expect(
            explanation.nearest[0].unmet.map(\.description) == [
                "subject.clearance greater_than_or_equal 3 does not hold (found 2)"
            ])
        #expect(
            explanation.nearest[1].unmet.map(\.description) == [
                "subject is not group board", "subject.department equals \"legal\" does not hold (absent)",
            ])
        #expect(explanation.rules.map(\.verdict) == [.otherSubject, .conditionFalse])
    }

    @Test func ofAlternativesTheSmallestSetIsNamed() throws {
        let when: AttributeValue = [
            "any": [["equals": ["context.a": 1, "context.b": 1]], ["not": ["equals": ["context.c": 1]]]]
        ]
        let explanation = try explain(
            [rule("p", ["when": when])], SubjectFacts(id: "u"), context: ["a": 2, "b": 2, "c": 1])
        #expect(explanation.nearest.first?.unmet.map(\.description) == ["context.c equals 1 holds (found 1)"])
    }

    @Test func aDenyNamesWhatMadeItHold() throws {
        let explanation = try explain(
            [
                rule("yes"), rule("never", ["effect": "deny"]),
                rule(
                    "risky",
                    [
                        "effect": "deny",
                        "when": [
                            "all": [["equals": ["context.net": "internet"]], ["greater_than": ["context.risk": 5]]]
                        ],
                    ]),
            ], SubjectFacts(id: "u"), context: ["net": "internet", "risk": 9])
        #expect(explanation.decision.ids == ["never", "risky"])
        #expect(
            explanation.blocking.map { $0.unmet.map(\.description) } == [
                ["the rule applies to this subject without conditions"],
                ["context.net equals \"internet\" holds (found \"internet\")"],
            ])
    }

    @Test func roleChainsAndStepUpAreTold() throws {
        let roles = try RoleGraph([
            RoleDefinition(id: roleID(1), name: "Clerk", permissions: [Permission("read", on: "doc")]),
            RoleDefinition(id: roleID(2), name: "Lead", parents: [roleID(1)]),
        ])
        let granted = try explain([], SubjectFacts(id: "u", roles: [roleID(2)]), roles: roles)
        #expect(granted.rules.map(\.roleChain) == [[roleID(2), roleID(1)]] && granted.rules.map(\.name) == ["Clerk"])
        #expect(granted.nearest.isEmpty && granted.blocking.isEmpty)
        let refused = try explain([], SubjectFacts(id: "u"), roles: roles)
        #expect(refused.nearest.first?.unmet.map(\.description) == ["subject is not role Clerk"])
        let stepUp = try explain([rule("p", ["require": ["acr": "aal2", "max_age": 60]])], SubjectFacts(id: "u"))
        #expect(stepUp.rules.map(\.verdict) == [.stepUpRequired])
        #expect(
            stepUp.nearest.first?.unmet.map(\.description) == [
                "authentication must be urn:gatehouse:aal:2 and at most 60 s old"
            ])
    }

    @Test func errorsAndReadsAreTold() throws {
        let explanation = try explain(
            [rule("p", ["when": ["less_than": ["context.risk": ["ref": "subject.limit"]]]])],
            SubjectFacts(id: "u", attributes: ["limit": 5]),
            context: ["risk": "high"])
        #expect(explanation.rules.map(\.verdict) == [.erred])
        #expect(explanation.rules[0].comparisons.map(\.result) == [.typeMismatch])
        #expect(explanation.rules[0].comparisons.map(\.other) == [5])
        #expect(Set(explanation.reads.map(\.path.description)) == ["context.risk", "subject.limit"])
    }

    @Test func listsAreBounded() throws {
        let rules = (0..<Explanation.Limits.rules + 1).map { rule("p\($0)", ["when": ["exists": "context.none"]]) }
        let explanation = try explain(rules, SubjectFacts(id: "u"))
        #expect(explanation.rules.count == Explanation.Limits.rules && explanation.omittedRules == 1)
        #expect(explanation.nearest.count == Explanation.Limits.nearest)
    }
}
