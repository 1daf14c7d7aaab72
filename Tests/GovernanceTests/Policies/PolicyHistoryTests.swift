import Authorization
import Governance
import Testing
import Vocabulary

@Suite("The history of a policy")
struct PolicyHistoryTests {
    let id = PolicyID(high: 1, low: 1)

    @Test("S4-45 every change has who, when, why and what is different")
    func changes() throws {
        let rule: AttributeValue = ["id": "a", "effect": "allow", "roles": ["manager"]]
        let changed: AttributeValue = ["id": "a", "effect": "allow", "roles": ["admin"]]
        let why = try #require(ChangeReason(by: admin, text: "the auditors asked", claim: "compliance-officer"))
        let (_, events) = try live([
            .create(id, details()), .addRule(RuleID(high: 1, low: 1), rule),
            .updateRule(RuleID(high: 1, low: 1), changed), .update(details("Other", .critical), why),
        ])
        let history = try GovernedPolicy.history(of: events)
        #expect(history.map(\.version) == [1, 2, 3, 4])
        #expect(history.map(\.event) == ["PolicyCreated", "PolicyRuleAdded", "PolicyRuleUpdated", "PolicyUpdated"])
        #expect(history[2].differences.map(\.description) == [#"rules.a.roles: ["manager"] → ["admin"]"#])
        #expect(
            history[3].differences.map(\.description)
                == ["enforcement: mandatory → critical", "name: Password Policy → Other"])
        #expect(history[3].actor == admin && history[3].at == noon + .seconds(3) && history[3].reason == why)
        #expect(history[0].differences.contains { $0.path == "state" && $0.before == nil && $0.after == "draft" })
    }

    @Test("a place that moves is a difference")
    func reordering() throws {
        let (a, b) = (RuleID(high: 1, low: 1), RuleID(high: 1, low: 2))
        let (_, events) = try live([
            .create(id, details()), .addRule(a, ["id": "a", "effect": "allow"]),
            .addRule(b, ["id": "b", "effect": "allow"]), .reorderRules([b, a]),
        ])
        let last = try #require(try GovernedPolicy.history(of: events).last)
        #expect(last.differences.map(\.description) == ["rules.a.place: 1 → 2", "rules.b.place: 2 → 1"])
    }

    @Test("activating a successor ends what it replaces, and nothing else")
    func succession() throws {
        let old = try active(1, rules: [])
        let draft = try live([.create(PolicyID(high: 1, low: 2), details(), supersedes: old.id)]).state
        #expect(try old.superseded(by: draft) == [.revoked(nil)])
        let suspended = try live([
            .create(old.id, details()), .approve(), .activate(try #require(EffectivePeriod(from: noon))), .suspend(),
        ]).state
        #expect(try suspended.superseded(by: draft) == [.archived(nil)])
        #expect(try live([.create(old.id, details())]).state.superseded(by: draft).isEmpty)
        #expect(throws: GovernanceError.self) { try old.superseded(by: old) }
    }
}
