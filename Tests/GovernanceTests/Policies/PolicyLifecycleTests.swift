import Authorization
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("The life of a policy")
struct PolicyLifecycleTests {
    let id = PolicyID(high: 1, low: 1)
    let period = EffectivePeriod(from: noon)

    private func command(to state: PolicyState, from: PolicyState) throws -> PolicyCommand {
        switch state {
        case .draft: .create(id, details())
        case .approved: .approve()
        case .active: from == .suspended ? .resume() : .activate(try #require(period))
        case .suspended: .suspend()
        case .revoked: .revoke()
        case .archived: .archive()
        }
    }

    private func policy(in state: PolicyState) throws -> GovernedPolicy {
        let path: [PolicyState] =
            switch state {
            case .draft: []
            case .approved: [.approved]
            case .active: [.approved, .active]
            case .suspended: [.approved, .active, .suspended]
            case .revoked: [.approved, .active, .revoked]
            case .archived: [.approved, .active, .revoked, .archived]
            }
        return try live([.create(id, details())] + path.map { try command(to: $0, from: .draft) }).state
    }

    @Test(
        "S0-01 S0-02 S0-03 S0-04 S0-05 S0-06 S0-07 S0-08 every move of the life cycle works, and every other is an error that names both states"
    )
    func moves() throws {
        let corpus = try corpus("seed-000")
        #expect(words(corpus["states"]).map { $0.lowercased() } == PolicyState.allCases.map(\.rawValue))
        let allowed = Set(
            (corpus["moves"]?.list ?? []).map { words($0).map { $0.lowercased() }.joined(separator: ">") })
        #expect(allowed.count == 7)
        for from in PolicyState.allCases {
            for to in PolicyState.allCases where to != .draft {
                let before = try policy(in: from)
                #expect(before.state == from)
                let command = try command(to: to, from: from)
                guard !allowed.contains("\(from.rawValue)>\(to.rawValue)") else {
                    let events = try GovernedPolicy.decide(command, on: before)
                    let recorded = Recorded(try #require(events.first), at: noon, actor: admin)
                    #expect(try GovernedPolicy.applying(recorded, to: before).state == to)
                    continue
                }
                let error = #expect(throws: GovernanceError.self) { try GovernedPolicy.decide(command, on: before) }
                guard case .invalidState(let current, let expected)? = error else {
                    Issue.record("\(from) to \(to): \(String(describing: error))")
                    continue
                }
                #expect(current == from.rawValue && expected.contains(to.rawValue))
            }
        }
    }

    @Test("S0-01 only a draft is edited")
    func editing() throws {
        let rule: AttributeValue = ["id": "a", "effect": "allow"]
        for state in PolicyState.allCases where state != .draft {
            let policy = try policy(in: state)
            for command: PolicyCommand in [
                .update(details("other")), .addRule(RuleID(high: 1, low: 1), rule), .reorderRules([]),
                .submitForReview(),
            ] {
                expect(.invalidState(current: state.rawValue, expected: "draft")) { () throws(GovernanceError) in
                    try GovernedPolicy.decide(command, on: policy)
                }
            }
        }
        #expect(try live([.create(id, details()), .update(details("other"))]).state.name == "other")
    }

    @Test("S0-73 in force only inside its effective dates")
    func effectiveDates() throws {
        let period = try #require(EffectivePeriod(from: noon, until: noon + .days(365)))
        let policy = try live([.create(id, details()), .approve(), .activate(period)]).state
        #expect(!policy.isInForce(at: noon - .microseconds(1)))
        #expect(policy.isInForce(at: noon))
        #expect(policy.isInForce(at: noon + .days(365) - .microseconds(1)))
        #expect(!policy.isInForce(at: noon + .days(365)))
        #expect(EffectivePeriod(from: noon, until: noon) == nil)
        let suspended = try live([.create(id, details()), .approve(), .activate(period), .suspend()]).state
        #expect(!suspended.isInForce(at: noon))
        let resumed = try live([.create(id, details()), .approve(), .activate(period), .suspend(), .resume()]).state
        #expect(resumed.isInForce(at: noon) && resumed.effective == period)
    }

    @Test("S0-09 a policy has id, name, description, type, enforcement and scope, within bounds")
    func fields() throws {
        let library = try corpus("seed-000")["library"]?["policy"]
        let details = PolicyDetails(
            name: try #require(library?["name"]?.string), description: try #require(library?["description"]?.string),
            type: .security, enforcement: .mandatory, scope: .organization)
        let policy = try live([.create(id, details)]).state
        #expect(policy.id == id && policy.name == "Password Policy")
        #expect(policy.description == "All passwords must be at least 12 characters")
        #expect(policy.type == .security && policy.enforcement == .mandatory && policy.scope == .organization)
        #expect(policy.createdBy == admin && policy.createdAt == noon)
        for bad in ["", String(repeating: "x", count: 257)] {
            #expect(throws: GovernanceError.self) {
                try GovernedPolicy.decide(.create(id, Self.named(bad)), on: nil)
            }
        }
        #expect(
            try GovernedPolicy.decide(.create(id, Self.named(String(repeating: "x", count: 256))), on: nil).count == 1)
        expect(.alreadyExists(resource: "policy", id: id.description)) { () throws(GovernanceError) in
            try GovernedPolicy.decide(.create(id, details), on: policy)
        }
        #expect(throws: GovernanceError.self) {
            try GovernedPolicy.decide(.create(PolicyID(high: 0, low: 0), details), on: nil)
        }
    }

    private static func named(_ name: String) -> PolicyDetails { details(name) }

    @Test(
        "S0-12 S0-13 S0-14 S0-15 S0-16 S0-17 S0-18 S0-19 S0-20 S0-21 S0-22 S0-23 S0-24 S0-25 S0-26 S0-27 S0-28 S0-29 S0-30 S0-31 S0-32 S0-33 the twelve types, four enforcements and six scopes have their names, and payloads may use them"
    )
    func vocabulary() throws {
        let corpus = try corpus("seed-000")
        #expect(words(corpus["types"]).map { $0.lowercased() } == PolicyType.allCases.map(\.rawValue))
        #expect(words(corpus["enforcement"]).map { $0.lowercased() } == Enforcement.allCases.map(\.rawValue))
        #expect(words(corpus["scopes"]).map { $0.lowercased() } == ScopeLevel.allCases.map(\.rawValue))
        #expect(ScopeLevel.allCases.sorted() == ScopeLevel.allCases)
        guard case .object(let create)? = corpus["create"] else { throw CancellationError() }
        let person = PersonID(high: 1, low: 1).description
        var nobody = create
        nobody["scope"] = "Individual"
        #expect(throws: GovernanceError.self) {
            try GovernanceCommand.read("create", .object(nobody), actor: admin, now: noon)
        }
        for (key, list) in [("policy_type", "types"), ("enforcement", "enforcement"), ("scope", "scopes")] {
            for word in words(corpus[list]) {
                var payload = create
                // Who it is for belongs to an individual policy; the other levels stand for themselves.
                payload[key] =
                    word == "Individual" ? ["level": .string(word), "subject": .string(person)] : .string(word)
                let command = try GovernanceCommand.read("create", .object(payload), actor: admin, now: noon)
                guard case .policy(_, .create(_, let details, _, _)) = command else { throw CancellationError() }
                let read = [details.type.rawValue, details.enforcement.rawValue, details.scope.level.rawValue]
                #expect(read.contains(word.lowercased()), "\(word)")
            }
            var wrong = create
            wrong[key] = "Tasty"
            #expect(throws: GovernanceError.self) {
                try GovernanceCommand.read("create", .object(wrong), actor: admin, now: noon)
            }
        }
    }

    @Test("S0-47 S0-48 S0-49 S0-50 rules are added, updated, removed and reordered")
    func rules() throws {
        func rule(_ name: String) -> AttributeValue { ["id": .string(name), "effect": "allow"] }
        let (a, b, c): (RuleID, RuleID, RuleID) = (
            RuleID(high: 1, low: 1), RuleID(high: 1, low: 2), RuleID(high: 1, low: 3)
        )
        let start: [PolicyCommand] = [
            .create(id, details()), .addRule(a, rule("a")), .addRule(b, rule("b")), .addRule(c, rule("c")),
        ]
        let (state, events) = try live(start + [.reorderRules([c, a, b]), .updateRule(a, rule("x")), .removeRule(b)])
        #expect(state.rules.map(\.id) == [c, a])
        #expect(state.rules[1].document == rule("x"))
        #expect(
            events.suffix(3).map(\.event.name) == ["PolicyRuleReordered", "PolicyRuleUpdated", "PolicyRuleRemoved"])
        let policy = try live(start).state
        let refused: [PolicyCommand] = [
            .addRule(a, rule("y")), .addRule(RuleID(high: 1, low: 9), rule("a")),
            .updateRule(RuleID(high: 9, low: 9), rule("z")),
            .removeRule(RuleID(high: 9, low: 9)), .reorderRules([a, b]), .reorderRules([a, b, b]),
            .updateRule(a, rule("b")), .addRule(RuleID(high: 1, low: 9), ["id": "z"]),
        ]
        for command in refused {
            #expect(throws: GovernanceError.self, "\(command)") { try GovernedPolicy.decide(command, on: policy) }
        }
        #expect(try GovernedPolicy.decide(.reorderRules([a, b, c]), on: policy).isEmpty)
    }

    @Test("one rule past the limit is refused")
    func ruleLimit() throws {
        let rules = (1...256).map { number in
            PolicyCommand.addRule(
                RuleID(high: 1, low: UInt64(number)), ["id": .string("r\(number)"), "effect": "allow"])
        }
        let full = try live([.create(id, details())] + rules).state
        #expect(full.rules.count == 256)
        #expect(throws: GovernanceError.self) {
            try GovernedPolicy.decide(.addRule(RuleID(high: 1, low: 300), ["id": "more", "effect": "allow"]), on: full)
        }
    }
}
