import Authorization
import Testing
import Vocabulary

@Suite struct PolicyDocumentTests {
    @Test func aWholePolicyIsRead() throws {
        let policies = try document([
            rule(
                "hr.read",
                [
                    "name": "HR reads", "description": "why", "priority": 5, "enforcement": "critical",
                    "subjects": ["users": ["u1"], "roles": ["HR"], "groups": ["g"], "service_accounts": ["s"]],
                    "actions": "*", "resources": ["types": ["doc"], "ids": ["hr-*"]],
                    "when": ["exists": "context.device.id"], "require": ["acr": "aal2", "max_age": 300],
                ])
        ])
        let policy = try #require(policies.first)
        #expect(policy.id == "hr.read" && policy.name == "HR reads" && policy.priority == 5)
        #expect(policy.enforcement == .critical && policy.actions == .any && policy.version == 1)
        #expect(policy.subjects == .named(users: ["u1"], roles: ["HR"], groups: ["g"], serviceAccounts: ["s"]))
        #expect(policy.requirement?.strength == .aal2 && policy.requirement?.maxAgeSeconds == 300)
    }

    @Test func allFaultsAreReportedTogetherEachWithItsPlace() {
        let found = documentFaults([
            "version": 2, "polices": [],
            "policies": [
                rule("ok"), rule("ok", ["effect": "permit"]),
                rule("p", ["when": ["all": [["regex": ["resource.id": "a("]], ["like": ["a": "b"]]]]]),
                ["id": "q"],
            ],
        ])
        let paths = Set(found.map(\.path))
        let expected: Set<String> = [
            "version", "polices", "policies[1].effect", "policies[1].id", "policies[2].when.all[0].regex.resource.id",
            "policies[2].when.all[1].like", "policies[3].effect", "policies[3].subjects", "policies[3].actions",
            "policies[3].resources",
        ]
        #expect(paths.isSuperset(of: expected), "missing: \(expected.subtracting(paths))")
        #expect(found.allSatisfy { !$0.message.isEmpty && !$0.remedy.isEmpty })
    }

    @Test(
        arguments: [
            (["effect": "maybe"], "unknown_word"), (["extra": 1], "unknown_key"), (["id": "has space"], "bad_id"),
            (["id": ""], "empty"), (["priority": 1.5], "wrong_number"), (["enforcement": "strict"], "unknown_word"),
            (["subjects": [:]], "empty"), (["subjects": "all"], "wrong_type"), (["subjects": ["groups": []]], "empty"),
            (["subjects": ["groups": ["g", "g"]]], "duplicate"), (["subjects": ["teams": ["g"]]], "unknown_key"),
            (["actions": "read"], "wrong_type"), (["actions": ["re*"]], "bad_name"), (["resources": [:]], "empty"),
            (["resources": ["type": ["doc"]]], "unknown_key"), (["when": [:]], "one_operator"),
            (["when": ["exists": "context.a", "not": ["exists": "context.b"]]], "one_operator"),
            (["when": ["all": []]], "empty"), (["when": ["exists": "nowhere.a"]], "bad_attribute"),
            (["when": ["exists": "subject"]], "bad_attribute"), (["when": ["exists": "subject..a"]], "bad_attribute"),
            (["when": ["equals": ["action.colour": "red"]]], "bad_attribute"),
            (["when": ["equals": ["subject.a": .null]]], "wrong_type"),
            (["when": ["equals": ["subject.a": [1]]]], "wrong_type"),
            (["when": ["equals": ["subject.a": ["reference": "subject.b"]]]], "bad_value"),
            (["when": ["in": ["subject.a": "x"]]], "wrong_type"), (["when": ["in": ["subject.a": []]]], "empty"),
            (["when": ["in": ["subject.a": [1, "x"]]]], "wrong_type"),
            (["when": ["starts_with": ["subject.a": 1]]], "wrong_type"),
            (["when": ["less_than": ["subject.a": true]]], "wrong_type"),
            (["when": ["regex": ["subject.a": ["ref": "subject.b"]]]], "bad_value"),
            (["when": ["equals": "subject.a"]], "wrong_type"), (["require": [:]], "empty"),
            (["require": ["acr": "aal9"]], "unknown_word"), (["require": ["max_age": 0]], "wrong_number"),
            (["effect": "deny", "require": ["acr": "aal2"]], "bad_require"),
        ] as [([String: AttributeValue], String)])
    func whatIsNotInTheSchemaIsAFault(members: [String: AttributeValue], code: String) {
        #expect(faults(members).map(\.code).contains(code), "\(faults(members))")
    }

    private static func texts(_ count: Int) -> AttributeValue { .list((0..<count).map { .string("x\($0)") }) }
    private static func long(_ count: Int) -> AttributeValue { .string(String(repeating: "x", count: count)) }
    private static func nested(_ depth: Int) -> AttributeValue {
        (1..<depth).reduce(["exists": "context.a"]) { inner, _ in ["not": inner] }
    }
    private static func comparisons(_ count: Int) -> AttributeValue {
        [
            "all": .list(
                Array(repeating: ["exists": "context.a"], count: 32) + [
                    ["any": .list(Array(repeating: ["exists": "context.a"], count: count - 32))]
                ])
        ]
    }

    @Test(
        arguments: [
            ("id", long(PolicyLimits.idBytes), long(PolicyLimits.idBytes + 1)),
            ("name", long(PolicyLimits.nameBytes), long(PolicyLimits.nameBytes + 1)),
            ("description", long(PolicyLimits.descriptionBytes), long(PolicyLimits.descriptionBytes + 1)),
            ("actions", texts(PolicyLimits.listItems), texts(PolicyLimits.listItems + 1)),
            ("when", nested(PolicyLimits.conditionDepth), nested(PolicyLimits.conditionDepth + 1)),
            ("when", comparisons(PolicyLimits.comparisons), comparisons(PolicyLimits.comparisons + 1)),
            (
                "when", ["in": ["subject.a": texts(PolicyLimits.literalItems)]],
                ["in": ["subject.a": texts(PolicyLimits.literalItems + 1)]]
            ),
            (
                "when", ["equals": ["subject.a": long(PolicyLimits.textBytes)]],
                ["equals": ["subject.a": long(PolicyLimits.textBytes + 1)]]
            ),
            ("when", ["exists": "subject.a.a.a.a.a.a.a.a"], ["exists": "subject.a.a.a.a.a.a.a.a.a"]),
            ("priority", .integer(PolicyLimits.priority), .integer(PolicyLimits.priority + 1)),
            (
                "require", ["max_age": .integer(PolicyLimits.maxAgeSeconds)],
                ["max_age": .integer(PolicyLimits.maxAgeSeconds + 1)]
            ),
        ] as [(String, AttributeValue, AttributeValue)])
    func limitsHoldAndOnePastIsAFault(key: String, at: AttributeValue, past: AttributeValue) {
        #expect(faults([key: at]).isEmpty, "\(faults([key: at]))")
        #expect(!faults([key: past]).isEmpty)
    }

    @Test func oneDocumentHoldsNoMorePoliciesAndFaultsThanTheLimit() {
        let many = (0...PolicyLimits.policies).map { rule("p\($0)") }
        #expect(documentFaults(["version": 1, "policies": .list(Array(many.dropLast()))]).isEmpty)
        #expect(documentFaults(["version": 1, "policies": .list(many)]).map(\.code) == ["too_many"])
        let broken = (0..<200).map { rule("p\($0)", ["effect": "x"]) }
        #expect(documentFaults(["version": 1, "policies": .list(broken)]).count == PolicyLimits.faults)
    }

    @Test func anIndexRefusesRepeatedIdsAndTooManyAttributes() throws {
        let policy = try document([rule("p")])
        #expect(throws: Fault("policy.duplicate_id", .caller, "")) {
            _ = try PolicyIndex(policies: policy + policy, stamp: stamp())
        }
        func reading(_ count: Int) -> [AttributeValue] {
            (0..<count).map { rule("p\($0)", ["when": ["exists": .string("context.a\($0)")]]) }
        }
        #expect(try compiled(reading(PolicyLimits.attributes)).ruleCount == PolicyLimits.attributes)
        #expect(throws: Fault("policy.limit", .caller, "")) { _ = try compiled(reading(PolicyLimits.attributes + 1)) }
    }

    @Test func theCanonicalTextIsSortedAndEscaped() {
        #expect(
            CanonicalText.of(["b": [1, true, .null], "a": "q\"\n"]) == "{\"a\":\"q\\\"\\u000a\",\"b\":[1,true,null]}")
    }
}
