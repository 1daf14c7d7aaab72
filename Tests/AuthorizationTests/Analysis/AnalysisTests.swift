import Authorization
import Testing
import Vocabulary

@Suite struct AnalysisTests {
    private func codes(
        _ rules: [AttributeValue], _ known: KnownNames = KnownNames(roles: [])
    ) throws -> [LintFinding.Code] {
        PolicyLint.findings(try document(rules), known: known).map(\.code)
    }

    @Test func findingsAndTheirAbsence() throws {
        #expect(try codes([rule("a"), rule("b", ["actions": ["write"]])]).isEmpty)
        #expect(try codes([rule("a", ["subjects": ["roles": ["Ghost"]]])]) == [.unknownRole, .neverMatches])
        #expect(try codes([rule("a", ["subjects": ["roles": ["Ghost"], "users": ["u"]]])]) == [.unknownRole])
        #expect(
            try codes([rule("a", ["subjects": ["groups": ["g", "h"]]])], KnownNames(groups: ["g"])) == [.unknownGroup])
        #expect(
            try codes([rule("a", ["when": ["all": [["equals": ["context.x": 1]], ["equals": ["context.x": 2]]]]])]) == [
                .neverMatches
            ])
        #expect(
            try codes([rule("a", ["when": ["any": [["equals": ["context.x": 1]], ["equals": ["context.x": 2]]]]])])
                .isEmpty)
        #expect(try codes([rule("a"), rule("b", ["name": "other"])]) == [.repeated])
        #expect(try codes([rule("a"), rule("no", ["effect": "deny", "resources": "any"])]) == [.shadowed])
        #expect(try codes([rule("a"), rule("no", ["effect": "deny", "actions": ["write"]])]).isEmpty)
        let twice = try document([rule("a")]) + document([rule("a", ["actions": ["write"]])])
        #expect(PolicyLint.findings(twice).map(\.code) == [.duplicateID])
    }

    @Test func whatIsNotKnownIsNotMissed() throws {
        let subjects = rule("a", ["subjects": ["roles": ["Ghost"], "groups": ["g"]]])
        #expect(try codes([subjects], KnownNames()).isEmpty)
        #expect(try codes([subjects], KnownNames(roles: ["Ghost"], groups: ["g"])).isEmpty)
        let known = KnownNames(actions: ["person": ["read", "erase"], "role": ["assign"]])
        func about(_ types: AttributeValue, _ actions: AttributeValue) -> AttributeValue {
            rule("a", ["actions": actions, "resources": ["types": types]])
        }
        #expect(try codes([about(["person"], ["read", "erase"])], known).isEmpty)
        #expect(try codes([about(["person"], ["read", "raed"])], known) == [.unknownAction])
        #expect(try codes([about(["person", "role"], ["assign"])], known).isEmpty)
        // Another type may know the action, and `any` may be any of them.
        #expect(try codes([about(["person", "page"], ["raed"])], known).isEmpty)
        #expect(try codes([about(["person"], "*")], known).isEmpty)
        #expect(try codes([rule("a", ["actions": ["raed"], "resources": "any"])], known).isEmpty)
    }

    private func run(_ test: AttributeValue) throws -> PolicyTest.Outcome {
        let document = try PolicyDocument([
            "version": 1,
            "policies": [
                rule(
                    "p",
                    ["subjects": ["groups": ["g"]], "when": ["equals": ["resource.owner": ["ref": "subject.id"]]]]),
                rule("q", ["subjects": ["roles": ["Clerk"]], "require": ["acr": "aal2", "max_age": 60]]),
            ],
            "tests": [test],
        ])
        let roles = try RoleGraph([RoleDefinition(id: roleID(1), name: "Clerk")])
        let index = try PolicyIndex(policies: document.policies, roles: roles, stamp: stamp())
        return try #require(document.tests.first).run(on: index, now: noon)
    }

    private func test(_ members: [String: AttributeValue]) -> AttributeValue {
        let plain: [String: AttributeValue] = [
            "subject": ["id": "u", "groups": ["g"]], "action": "read", "expect": "permit",
            "resource": ["type": "doc", "id": "d", "attributes": ["owner": "u"]],
        ]
        return .object(plain.merging(members) { _, new in new })
    }

    @Test func casesPassAndFailWithASentence() throws {
        #expect(try run(test([:])) == .passed)
        #expect(try run(test(["rules": ["p"]])) == .passed)
        #expect(try run(test(["rules": ["q"]])) != .passed)
        #expect(try run(test(["expect": "deny"])) == .failed("expected deny, got permit (allowed_by_rule) by [p]"))
        #expect(try run(test(["subject": ["id": "u"], "expect": "deny", "rules": []])) == .passed)
        let clerk: AttributeValue = ["id": "c", "roles": ["Clerk"]]
        #expect(try run(test(["subject": clerk, "expect": "deny", "rules": ["q"]])) == .passed)
        #expect(try run(test(["subject": clerk, "authentication": ["acr": "aal2", "age": 60]])) == .passed)
        #expect(try run(test(["subject": clerk, "authentication": ["acr": "aal2", "age": 61]])) != .passed)
        #expect(try run(test(["subject": ["id": "c", "roles": ["Ghost"]]])) == .failed("role `Ghost` does not exist"))
    }

    @Test func brokenCasesAreFaultsOfTheDocument() {
        func found(_ members: [String: AttributeValue]) -> [String] {
            documentFaults(["version": 1, "tests": [test(members)]]).map(\.path)
        }
        #expect(found(["expect": "maybe"]) == ["tests[0].expect"])
        #expect(found(["subject": ["name": "u"]]) == ["tests[0].subject.name", "tests[0].subject.id"])
        #expect(found(["colour": 1]) == ["tests[0].colour"])
        #expect(found(["authentication": ["age": 1]]) == ["tests[0].authentication.acr"])
        #expect(found(["context": []]) == ["tests[0].context"])
    }
}
