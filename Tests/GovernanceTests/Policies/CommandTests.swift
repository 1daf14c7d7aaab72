import Authorization
import Governance
import Testing
import Vocabulary

@Suite("Commands as the outside sends them")
struct CommandTests {
    @Test(
        "S0-51 S0-52 S0-53 S0-54 S0-55 S0-56 S0-57 S0-58 S0-59 S0-60 S0-61 S0-62 S0-63 S0-64 the fourteen commands have their names, and each is read"
    )
    func names() throws {
        #expect(try words(corpus("seed-000")["commands"]) == GovernanceCommand.names)
        let policy = "550e8400-e29b-41d4-a716-446655440000", rule = "650e8400-e29b-41d4-a716-446655440009"
        let set = "750e8400-e29b-41d4-a716-446655440003"
        let seed = try corpus("seed-000")
        var payloads: [String: AttributeValue] = [
            "create": seed["create"] ?? .null, "approve": seed["approve"] ?? .null,
            "grant_exemption": seed["grant_exemption"] ?? .null,
            "revoke_exemption": ["exemption_id": .string(set)],
            "add_rule": [
                "policy_id": .string(policy), "rule_id": .string(rule), "rule": ["id": "a", "effect": "deny"],
            ],
            "update_rule": [
                "policy_id": .string(policy), "rule_id": .string(rule), "rule": ["id": "a", "effect": "deny"],
            ],
            "remove_rule": ["policy_id": .string(policy), "rule_id": .string(rule)],
            "reorder_rule": ["policy_id": .string(policy), "order": [.string(rule)]],
            "create_set": ["set_id": .string(set), "name": "n", "combination": "at_least", "at_least": 2],
            "add_to_set": ["set_id": .string(set), "policy_id": .string(policy)],
            "remove_from_set": ["set_id": .string(set), "policy_id": .string(policy)],
        ]
        for move in ["activate", "suspend", "revoke", "archive", "resume", "submit_for_review", "update"] {
            payloads[move] = ["policy_id": .string(policy)]
        }
        let current = try live([.create(id(1), details())]).state
        for name in GovernanceCommand.names + GovernanceCommand.furtherNames {
            let payload = try #require(payloads[name], "\(name)")
            #expect(try GovernanceCommand.read(name, payload, actor: admin, current: current, now: noon).name == name)
            // Anything the command does not know, and anything that is no object, is refused.
            guard case .object(var more) = payload else { throw CancellationError() }
            more["surprise"] = 1
            #expect(throws: GovernanceError.self, "\(name)") {
                try GovernanceCommand.read(name, .object(more), actor: admin, current: current, now: noon)
            }
            #expect(throws: GovernanceError.self, "\(name)") {
                try GovernanceCommand.read(name, [:], actor: admin, current: current, now: noon)
            }
        }
        #expect(throws: GovernanceError.self) { try GovernanceCommand.read("explode", [:], actor: admin, now: noon) }
    }

    @Test("S0-65 the payloads of the document are read word for word")
    func payloads() throws {
        let seed = try corpus("seed-000")
        let policy = try #require(PolicyID("550e8400-e29b-41d4-a716-446655440000"))
        let create = try GovernanceCommand.read("create", seed["create"] ?? .null, actor: admin, now: noon)
        let expected = PolicyDetails(
            name: "Data Retention Policy", description: "All customer data must be retained for 7 years",
            type: .regulatory, enforcement: .mandatory, scope: .organization)
        #expect(create == .policy(policy, .create(policy, expected)))
        let approve = try GovernanceCommand.read("approve", seed["approve"] ?? .null, actor: admin, now: noon)
        let at = try #require(Timestamp(rfc3339: "2025-11-08T10:00:00Z"))
        #expect(
            approve == .policy(policy, .approve(ChangeReason(by: admin, claim: "compliance-officer", claimedAt: at))))
        let grant = try GovernanceCommand.read(
            "grant_exemption", seed["grant_exemption"] ?? .null, actor: admin, now: noon)
        guard case .exemption(let id, .grant(let content)) = grant else { throw CancellationError() }
        #expect(id == ExemptionID("650e8400-e29b-41d4-a716-446655440001"))
        #expect(content.target == .policy(policy) && content.reason == "Legacy system migration")
        #expect(content.entity == .other(high: 0x750e_8400_e29b_41d4, low: 0xa716_4466_5544_0002))
        #expect(content.claimedBy == "data-officer" && content.until == Timestamp(rfc3339: "2026-02-08T10:00:00Z"))
    }

    @Test("every fault of a payload is named at once")
    func faults() throws {
        let payload: AttributeValue = ["policy_id": "nope", "policy_type": "Tasty", "enforcement": 3, "name": ""]
        let error = #expect(throws: GovernanceError.self) {
            try GovernanceCommand.read("create", payload, actor: admin, now: noon)
        }
        guard case .rejected(let faults)? = error else { throw CancellationError() }
        #expect(Set(faults.map(\.path)).isSuperset(of: ["policy_id", "scope"]))
        #expect(faults.count >= 2)
    }

    @Test("S0-09 S0-10 S0-11 S0-73 the example of the library runs from the first line to the last")
    func library() throws {
        let library = try #require(try corpus("seed-000")["library"])
        var payload = try #require(library["policy"]?.object)
        let policy = PolicyID(high: 5, low: 5)
        payload["policy_id"] = .string(policy.description)
        let read = try GovernanceCommand.read("create", .object(payload), actor: admin, now: noon)
        let expected = PolicyDetails(
            name: "Password Policy", description: "All passwords must be at least 12 characters", type: .security,
            enforcement: .mandatory, scope: .organization)
        #expect(read == .policy(policy, .create(policy, expected)))
        let days = Int(try #require(library["effective_days"]?.integer))
        let period = try #require(EffectivePeriod(from: noon, until: noon + .days(days)))
        let active = try live([.create(policy, expected), .approve(), .activate(period)]).state
        #expect(active.isInForce(at: noon + .days(364)) && !active.isInForce(at: noon + .days(365)))
        let exemption = try #require(library["exemption"])
        let grant = ExemptionCommand.grant(
            .init(
                id: id(1), target: .policy(policy), entity: .subject(ada),
                reason: try #require(exemption["reason"]?.string), claimedBy: exemption["granted_by"]?.string,
                until: noon + .days(Int(try #require(exemption["days"]?.integer)))))
        let events = try Exemption.decide(grant, on: nil, ground: .policy(active.state), now: noon)
        guard case .granted(let content)? = events.first else { throw CancellationError() }
        #expect(content.reason == "Service account - no password required" && content.claimedBy == "security-admin")
        #expect(content.until == noon + .days(90))
    }
}
