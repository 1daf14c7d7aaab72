import Authorization
import Governance
import Testing
import Vocabulary

@Suite("What can be said of rules by asking everything")
struct RuleAnalysisTests {
    private func analyse(_ rules: [AttributeValue]) throws -> RuleAnalysis {
        try RuleAnalysis.of([try active(1, rules: rules)], zones: try zones(), from: noon)
    }

    private func kinds(_ rules: [AttributeValue]) throws -> [String] {
        try analyse(rules).findings.map { "\($0.rule.name) \($0.kind.rawValue)" }
    }

    private let read: AttributeValue = [
        "id": "read", "effect": "allow", "actions": ["read"], "resources": ["types": ["file"]],
    ]

    @Test("a rule whose conditions exclude each other never fires; its neighbour does")
    func neverFires() throws {
        let never: AttributeValue = [
            "id": "never", "effect": "allow", "actions": ["write"], "resources": ["types": ["file"]],
            "when": ["all": [["greater_than": ["context.risk": 5]], ["less_than": ["context.risk": 5]]]],
        ]
        let fires: AttributeValue = [
            "id": "fires", "effect": "allow", "actions": ["run"], "resources": ["types": ["file"]],
            "when": ["all": [["greater_than": ["context.risk": 5]], ["less_than": ["context.risk": 7]]]],
        ]
        #expect(try kinds([never, fires]) == ["never never_fires"])
    }

    @Test(
        "an allow under a wider deny is shadowed, with the request and who answers in its place; one beside it is not")
    func shadowed() throws {
        let deny: AttributeValue = [
            "id": "closed", "effect": "deny", "actions": ["read", "write"], "resources": ["types": ["file"]],
        ]
        let analysis = try analyse([read, deny])
        let finding = try #require(analysis.findings.first)
        #expect(analysis.findings.count == 1 && finding.kind == .shadowed && finding.rule.name == "read")
        #expect(finding.other?.name == "closed")
        // The witness can be asked again as it stands.
        let question = try DraftQuestion(try #require(finding.witness))
        #expect(question.action == "read" && question.resourceType == "file")
        let narrow: AttributeValue = [
            "id": "closed", "effect": "deny", "actions": ["read"], "resources": ["types": ["file"]],
            "when": ["equals": ["resource.status": "archived"]],
        ]
        // A request that does not say is denied as well; one with another status is not.
        #expect(try kinds([read, narrow]).isEmpty)
    }

    @Test("a second rule that says the same of the same is equal and shadowed, one that says less is shadowed alone")
    func equal() throws {
        guard case .object(var copy) = read else { return }
        copy["id"] = "again"
        #expect(Set(try kinds([read, .object(copy)])) == ["read shadowed", "again shadowed", "again equal"])
        copy["when"] = ["exists": "context.ticket"]
        #expect(try kinds([read, .object(copy)]) == ["again shadowed"])
        copy["effect"] = "deny"
        #expect(try kinds([read, .object(copy)]).isEmpty)
    }

    @Test("what everybody may do to whatever there is, is over-broad")
    func overBroad() throws {
        let wide: AttributeValue = ["id": "wide", "effect": "allow"]
        #expect(try kinds([wide]) == ["wide over_broad"])
        #expect(try analyse([wide]).findings.first?.witness?["action"] == "another-name")
        let named: AttributeValue = ["id": "named", "effect": "allow", "subjects": ["roles": ["admin"]]]
        #expect(try kinds([named]).isEmpty)
        #expect(try kinds([["id": "none", "effect": "deny"]]).isEmpty)
    }

    @Test("what it cannot say is said to be undecided: two patterns over one text, and too many combinations")
    func undecided() throws {
        let patterns: AttributeValue = [
            "id": "patterns", "effect": "allow", "actions": ["a"], "resources": ["types": ["t"]],
            "when": ["all": [["regex": ["context.x": "^a+$"]], ["regex": ["context.x": "^b+$"]]]],
        ]
        #expect(try kinds([patterns]) == ["patterns undecided"])
        let many = AttributeValue.list(
            (0..<12).map { ["in": .object(["context.a\($0)": .list((0..<20).map { .integer(Int64($0)) })])] })
        let huge: AttributeValue = [
            "id": "huge", "effect": "deny", "actions": ["a"], "resources": ["types": ["t"]], "when": ["all": many],
        ]
        let analysis = try analyse([huge])
        #expect(analysis.findings.map(\.kind) == [.undecided] && analysis.requests == 0)
    }

    @Test("windows, roles, severities and proofs are among what is asked: both example rules of the document fire")
    func example() throws {
        let document = try SeverityPolicy(try corpus("seed-003")["policy"] ?? .null)
        let policy = try active(1, details("Alerts", zone: document.zone), rules: document.rules)
        let analysis = try RuleAnalysis.of([policy], zones: try zones(), from: noon)
        #expect(!analysis.findings.contains { $0.kind == .neverFires || $0.kind == .shadowed }, "\(analysis.findings)")
        let stepUp: AttributeValue = [
            "id": "step", "effect": "step_up", "actions": ["pay"], "resources": ["types": ["payment"]],
            "require": ["acr": "aal2", "max_age": 300],
        ]
        let pay: AttributeValue = [
            "id": "pay", "effect": "allow", "actions": ["pay"], "resources": ["types": ["payment"]],
        ]
        #expect(try kinds([stepUp, pay]).isEmpty)
        #expect(
            try kinds([stepUp, pay, ["id": "no", "effect": "deny", "actions": ["pay"]]]).sorted() == [
                "pay shadowed", "step shadowed",
            ])
    }
}
