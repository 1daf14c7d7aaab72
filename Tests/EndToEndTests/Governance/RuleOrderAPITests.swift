import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("The order of a policy's rules")
struct RuleOrderAPITests {
    private static let policy: AttributeValue = "550e8400-e29b-41d4-a716-446655440000"
    private static let names = ["first", "second", "never"]

    private static func id(_ name: String) -> AttributeValue {
        .string("950e8400-e29b-41d4-a716-44665544000\(names.firstIndex(of: name) ?? 9)")
    }

    private static func rule(_ name: String) -> AttributeValue {
        if name == "never" {
            return [
                "id": "never", "effect": "deny", "actions": ["adjust"], "when": ["equals": ["context.frozen": true]],
            ]
        }
        return ["id": .string(name), "effect": "allow", "actions": ["adjust"], "params": ["from": .string(name)]]
    }

    /// Puts the policy in force with its rules in this order, and in no other that was said before.
    private static func enforce(_ order: [String], _ api: TestAPI) async throws {
        try await api.govern(
            "create",
            [
                "policy_id": policy, "name": "Prices", "policy_type": "Operational", "enforcement": "Mandatory",
                "scope": "Organization",
            ])
        for name in names {
            try await api.govern("add_rule", ["policy_id": policy, "rule_id": id(name), "rule": rule(name)])
        }
        try await api.govern("reorder_rule", ["policy_id": policy, "order": .list(order.map(id))])
        try await api.govern("approve", ["policy_id": policy])
        try await api.govern("activate", ["policy_id": policy])
    }

    @Test("S0-50 reordering chooses the allow that supplies what is done, and overturns no deny", arguments: 0..<6)
    func orders(number: Int) async throws {
        var rest = Self.names
        let order = [rest.remove(at: number / 2), rest.remove(at: number % 2), rest[0]]
        let running = try await TestGateway.open()
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            try await Self.enforce(order, api)
            func decide(_ isFrozen: Bool) async throws -> AttributeValue {
                let question: AttributeValue = [
                    "subject": "ada", "action": "adjust", "resource_type": "price", "resource": "1",
                    "context": ["frozen": .bool(isFrozen)],
                ]
                return try await api.send(.post, "/api/v1/decide", question).body ?? .null
            }
            let open = try await decide(false), wanted = order.first { $0 != "never" } ?? ""
            #expect(open["decision"] == true)
            #expect(open["context"]?["policy"]?["rule"]?["name"] == .string(wanted), "\(order)")
            #expect(open["context"]?["policy"]?["params"] == ["from": .string(wanted)], "\(order)")
            let frozen = try await decide(true)
            #expect(frozen["decision"] == false, "\(order)")
            #expect(frozen["context"]?["reason_codes"] == ["denied_by_rule"], "\(order)")
        }
    }
}
