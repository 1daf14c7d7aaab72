import Authorization
import Testing
import Vocabulary

/// Rules that begin with the same attribute are told apart by a table of its values; it must change no answer.
@Suite struct RuleGateTests {
    private let anyone = SubjectFacts(id: "u1")

    private func project(_ id: String, _ name: String, effect: String = "allow") -> AttributeValue {
        rule(id, ["effect": .string(effect), "when": ["equals": ["resource.project": .string(name)]]])
    }

    // 3,000 rules with as many names are more than the table takes.
    @Test(arguments: [1, 64, 65, 200, 3_000])
    func `a rule about one value is found among any number of rules`(count: Int) throws {
        let index = try compiled(
            (0..<count).map { project("p\($0)", "x\($0)") } + [rule("all", ["when": ["exists": "context.on"]])])
        let last = try index.decide(
            request(resource: ["project": .string("x\(count - 1)")], context: ["on": true]), as: anyone)
        #expect(last.isPermitted && last.ids == ["p\(count - 1)", "all"] && last.erred.isEmpty)
        let other = try index.decide(request(resource: ["project": "nobody's"], context: ["on": true]), as: anyone)
        #expect(other.ids == ["all"] && other.erred.isEmpty, "a value that no rule names")
    }

    @Test(arguments: [Attributes(), ["project": 5], ["project": ["x"]]])
    func `where the value is absent or no text, every rule that asks errs and an erring deny counts`(
        resource: Attributes
    ) throws {
        let index = try compiled([project("no", "x", effect: "deny"), project("a", "x"), project("b", "y")])
        let decision = try index.decide(request(resource: resource), as: anyone)
        #expect(!decision.isPermitted && decision.ids == ["no"] && decision.erred.count == 1)
        let allows = try compiled([project("a", "x"), project("b", "y"), rule("open")])
        let open = try allows.decide(request(resource: resource), as: anyone)
        #expect(open.ids == ["open"] && open.erred.count == 2)
    }

    @Test func `the attribute is read when a rule asks, and only then`() throws {
        let index = try compiled([project("a", "x"), rule("b", ["actions": ["write"]])])
        for (action, count) in [("read", 1), ("write", 0)] {
            let question = try request(action, resource: ["project": "y"])
            let standing = try index.standing(of: anyone)
            let decision = index.decide(question, standing: standing, now: noon)
            #expect(index.reads(of: decision, question, standing: standing).count == count)
        }
    }
}
