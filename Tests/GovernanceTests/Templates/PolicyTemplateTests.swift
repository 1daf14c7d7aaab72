import Authorization
import Governance
import Testing
import Vocabulary

@Suite("Policy templates")
struct PolicyTemplateTests {
    private let length: AttributeValue = [
        "version": 1, "template": "password-length", "name": "Length of passwords",
        "parameters": [
            ["name": "length", "type": "integer", "minimum": 8, "maximum": 128, "default": 12],
            ["name": "title", "type": "text", "one_of": ["Short", "Long"], "example": "Long"],
        ],
        "policy": [
            "name": ["parameter": "title"], "policy_type": "security",
            "rules": [
                [
                    "id": "length", "effect": "deny", "actions": ["set_password"], "resources": ["types": ["password"]],
                    "when": ["less_than": ["context.length": ["parameter": "length"]]],
                ]
            ],
        ],
    ]

    private func changed(_ path: String, _ value: AttributeValue?) -> AttributeValue {
        guard case .object(var members) = length else { return length }
        members[path] = value
        return .object(members)
    }

    @Test("S3-36 gaps are filled by values of their kind, and a draft comes of it that does what it says")
    func filling() throws {
        let template = try PolicyTemplate(length)
        let draft = try template.draft(["title": "Long", "length": 14])
        #expect(draft.details.name == "Long")
        let book = try RuleBook(policies: [try draft.policy(id(1))], zones: try zones(), stamp: stamp())
        for (length, reason) in [(13, RuleDecision.Reason.denied), (14, .noMatchingRule)] {
            let inquiry = try RuleInquiry(
                action: "set_password", resourceType: "password", context: ["length": .integer(Int64(length))],
                subject: ada)
            #expect(try book.decide(inquiry).reason == reason)
        }
        let standard = try template.draft(["title": "Short"])
        #expect(standard.rules[0]["when"] == ["less_than": ["context.length": 12]])
    }

    @Test(
        "a value that is missing, unknown, of another kind or out of bounds is refused with its place",
        arguments: [
            ([:], "values.title"), (["title": "Middle"], "values.title"),
            (["title": "Long", "lenght": 9], "values.lenght"),
            (["title": "Long", "length": 7], "values.length"), (["title": "Long", "length": 129], "values.length"),
            (["title": "Long", "length": "12"], "values.length"),
            (["title": "Long", "length": ["exists": "context.x"]], "values.length"),
        ] as [([String: AttributeValue], String)])
    func values(values: [String: AttributeValue], place: String) throws {
        let template = try PolicyTemplate(length)
        #expect(places { try template.draft(values) } == [place])
    }

    /// Where a document is at fault; nothing when it is not.
    private func places(_ body: () throws -> PolicyDraft) -> [String] {
        do { _ = try body() } catch {
            if case .rejected(let faults)? = error as? GovernanceError { return faults.map(\.path) }
        }
        return []
    }

    @Test("a template with code in it, a gap without a parameter, or one that makes no policy is refused")
    func unsound() throws {
        let policy = length["policy"] ?? .null
        let code: AttributeValue = ["parameter": "length", "eval": "system('id')"]
        let unsound: [AttributeValue] = [
            changed("script", "exit(1)"), changed("template", "../../etc/passwd"), changed("parameters", []),
            changed("policy", ["name": code, "rules": []]),
            changed(
                "policy",
                ["name": ["parameter": "title"], "rules": [["id": ["parameter": "length"], "effect": "deny"]]]),
            changed("policy", ["name": ["parameter": "titel"], "rules": []]),
            changed(
                "policy", .object(["name": ["parameter": "title"], "rules": policy["rules"] ?? .null, "hook": "curl"])),
        ]
        for tree in unsound { #expect(throws: GovernanceError.self, "\(tree)") { try PolicyTemplate(tree) } }
    }

    @Test("texts are values, whatever stands in them: nothing is put together or evaluated")
    func injection() throws {
        let tree: AttributeValue = [
            "template": "t", "name": "T", "parameters": [["name": "who", "type": "text", "example": "x"]],
            "policy": [
                "name": "T",
                "rules": [["id": "a", "effect": "deny", "when": ["equals": ["context.who": ["parameter": "who"]]]]],
            ],
        ]
        let evil = "\", effect: allow, when: {\"exists\": \"subject.id\"} # ${7*7} {{7*7}} {parameter: who}"
        let draft = try PolicyTemplate(tree).draft(["who": .string(evil)])
        #expect(draft.rules == [["id": "a", "effect": "deny", "when": ["equals": ["context.who": .string(evil)]]]])
    }

    @Test("bombs are bounded: parameters, texts, lists, values and nesting, one past each")
    func bombs() throws {
        func parameters(_ count: Int) -> AttributeValue {
            .list((0..<count).map { ["name": .string("p\($0)"), "type": "text", "example": "x"] })
        }
        func filled(_ count: Int) -> AttributeValue {
            [
                "template": "t", "name": "T", "parameters": parameters(count),
                "policy": [
                    "name": "T",
                    "rules": [
                        [
                            "id": "a", "effect": "allow",
                            "params": .object(
                                Dictionary(
                                    uniqueKeysWithValues: (0..<count).map {
                                        ("p\($0)", ["parameter": .string("p\($0)")])
                                    })),
                        ]
                    ],
                ],
            ]
        }
        #expect(throws: Never.self) { try PolicyTemplate(filled(32)) }
        #expect(throws: GovernanceError.self) { try PolicyTemplate(filled(33)) }
        let one = try PolicyTemplate(filled(1))
        #expect(throws: Never.self) { try one.draft(["p0": .string(String(repeating: "x", count: 1_024))]) }
        #expect(throws: GovernanceError.self) { try one.draft(["p0": .string(String(repeating: "x", count: 1_025))]) }
        var deep: AttributeValue = "x"
        for _ in 0..<40 { deep = .list([deep]) }
        #expect(throws: GovernanceError.self) { try PolicyTemplate(changed("policy", ["name": "x", "rules": deep])) }
        let wide = AttributeValue.list(Array(repeating: "x", count: 20_001))
        #expect(throws: GovernanceError.self) { try PolicyTemplate(changed("policy", ["name": "x", "rules": wide])) }
    }

    @Test("a stored template folds from its events, and a retired one is not saved again")
    func stored() throws {
        let template = try PolicyTemplate(length)
        let (id, actor): (PolicyTemplateID, Actor) = (id(1), admin)
        let events = try StoredTemplate.saving(template, as: id, over: nil)
        let state = try #require(
            try StoredTemplate.aggregate.fold(nil, events.map { Recorded($0, at: noon, actor: actor) }))
        #expect(state.key == "password-length" && state.document == template.document && state.version == 1)
        #expect(try StoredTemplate.saving(template, as: id, over: state).isEmpty)
        let retired = try StoredTemplate.applying(Recorded(.retired, at: noon, actor: actor), to: state)
        #expect(throws: GovernanceError.self) { try StoredTemplate.saving(template, as: id, over: retired) }
        for event in events + [.retired] {
            #expect(try StoredTemplate.aggregate.decode(StoredTemplate.aggregate.encode(event)) == event)
        }
        #expect(throws: GovernanceError.self) {
            try StoredTemplate.applying(Recorded(.retired, at: noon, actor: actor), to: nil)
        }
    }
}
