import Authorization
import Governance
import Testing
import Vocabulary

@Suite("What other rules would have answered")
struct BacktestTests {
    private func book(_ rules: [AttributeValue]) throws -> RuleBook {
        try RuleBook(policies: [try active(1, rules: rules)], zones: try zones(), stamp: stamp())
    }

    @Test("S3-46 S3-47 S3-48 S3-49 S4-47 each flip is named with its person and resource, and all are counted")
    func flips() throws {
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        let allow: AttributeValue = ["id": "a", "effect": "allow", "actions": ["read", "write"]]
        let deny: AttributeValue = ["id": "d", "effect": "deny", "actions": ["write"]]
        let ask: AttributeValue = [
            "id": "q", "effect": "require_approval", "actions": ["read"], "resources": ["ids": ["secret"]],
        ]
        let recorded = try [
            ("read", "open", ada), ("write", "open", ada), ("read", "secret", bob), ("run", "open", bob),
        ].map {
            let inquiry = try RuleInquiry(action: $0, resourceType: "file", resourceID: $1, subject: $2)
            return RecordedInquiry(inquiry, facts: SubjectFacts(id: $2.id), at: noon)
        }
        let test = try Backtest(recorded, from: try book([allow]), to: try book([allow, deny, ask]))
        #expect(test.questions == 4 && test.flipCount == 2)
        #expect(test.flips.map(\.subject) == [ada, bob] && test.flips.map(\.resourceID) == ["open", "secret"])
        #expect(
            test.flips.map(\.after) == [.denied, .asked]
                && test.flips.map(\.reasonAfter) == [.denied, .approvalRequired])
        #expect(test.totals == [.allowed: [.allowed: 1, .denied: 1, .asked: 1], .denied: [.denied: 1]])
        #expect(test.bySubject == [ada: 1, bob: 1])
        let same = try Backtest(recorded, from: try book([allow]), to: try book([allow]))
        #expect(same.flipCount == 0 && same.flips.isEmpty && same.questions == 4)
    }
}
