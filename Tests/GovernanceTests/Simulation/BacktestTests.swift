import Authorization
import Governance
import Testing
import Vocabulary

@Suite("What other rules would have answered")
struct BacktestTests {
    private func book(_ rules: [AttributeValue]) throws -> RuleBook {
        try RuleBook(policies: [try active(1, rules: rules)], zones: try zones(), stamp: stamp())
    }

    private func run(_ asked: [(String, String, Subject)], from old: RuleBook, to new: RuleBook) throws -> Backtest {
        var test = Backtest()
        for (action, id, subject) in asked {
            let inquiry = try RuleInquiry(action: action, resourceType: "file", resourceID: id, subject: subject)
            let question = Backtest.Question(
                subject: subject, action: action, resourceType: "file", resourceID: id, at: noon, count: 1)
            test.add(
                question, before: Backtest.Verdict(try old.decide(inquiry)),
                after: Backtest.Verdict(try new.decide(inquiry)))
        }
        return test
    }

    @Test("each flip is named with its person and resource, and all are counted by both")
    func flips() throws {
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        let allow: AttributeValue = ["id": "a", "effect": "allow", "actions": ["read", "write"]]
        let deny: AttributeValue = ["id": "d", "effect": "deny", "actions": ["write"]]
        let ask: AttributeValue = [
            "id": "q", "effect": "require_approval", "actions": ["read"], "resources": ["ids": ["secret"]],
        ]
        let asked = [("read", "open", ada), ("write", "open", ada), ("read", "secret", bob), ("run", "open", bob)]
        let test = try run(asked, from: try book([allow]), to: try book([allow, deny, ask]))
        #expect(test.questions == 4 && test.flipCount == 2)
        #expect(test.flips.map(\.question.subject) == [ada, bob])
        #expect(test.flips.map(\.question.resourceID) == ["open", "secret"])
        #expect(test.flips.map(\.after.outcome) == [.denied, .asked])
        #expect(test.flips.map(\.after.reason) == ["denied_by_rule", "approval_required"])
        #expect(test.flips.allSatisfy { $0.isLoss })
        #expect(test.totals == [.allowed: [.allowed: 1, .denied: 1, .asked: 1], .denied: [.denied: 1]])
        #expect(test.bySubject.mapValues { $0.losses } == [ada: 1, bob: 1])
        #expect(Set(test.byResource.keys.map(\.id)) == ["open", "secret"])
        let back = try run(asked, from: try book([allow, deny, ask]), to: try book([allow]))
        #expect(back.bySubject.mapValues { $0.gains } == [ada: 1, bob: 1] && back.flips.allSatisfy { !$0.isLoss })
        let same = try run(asked, from: try book([allow]), to: try book([allow]))
        #expect(same.flipCount == 0 && same.flips.isEmpty && same.questions == 4)
    }

    @Test("one flip past what is kept singly is counted, and so is one past the totals")
    func bounds() throws {
        var test = Backtest()
        for number in 0...UInt64(Backtest.Limits.flips) {
            let subject = Subject.person(PersonID(high: 1, low: number))
            test.add(
                Backtest.Question(
                    subject: subject, action: "read", resourceType: "file", resourceID: "\(number)", at: noon),
                before: .init(.allowed, reason: "allowed_by_rule"), after: .init(.denied, reason: "denied_by_rule"))
        }
        #expect(test.flips.count == Backtest.Limits.flips && test.flipCount == Int64(Backtest.Limits.flips) + 1)
        #expect(test.bySubject.count == Backtest.Limits.totals && test.uncountedBySubject == 1)
        #expect(test.byResource.count == Backtest.Limits.totals && test.uncountedByResource == 1)
    }
}
