import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// Four eyes on policies, and policies that would leave nobody to take them back.
@Suite("Who lets a policy take effect, and what may not")
struct PolicySafetyTests {
    private static let policy: AttributeValue = "00000000-0000-7000-8000-000000000041"

    private static func draft(_ rule: AttributeValue, _ api: TestAPI) async throws {
        try await api.govern(
            "create",
            [
                "policy_id": policy, "name": "Careful", "policy_type": "Security", "enforcement": "Mandatory",
                "scope": "Organization",
            ])
        try await api.govern("add_rule", ["policy_id": policy, "rule_id": policy, "rule": rule])
    }

    private static func run(
        _ command: String, _ api: TestAPI, _ more: [String: AttributeValue] = [:], token: String? = nil
    ) async throws -> TestAPI.Answer {
        try await api.send(
            .post, "/api/v1/governance/commands/\(command)", .object(more.merging(["policy_id": policy]) { $1 }),
            token: token.map { .some($0) } ?? .none)
    }

    @Test("S0-02 whoever wrote the last change does not approve it where four eyes are asked for, and another does")
    func fourEyes() async throws {
        let running = try await TestGateway.open(extra: "governance: { approve_by_another: true }")
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "default", named: "other")
        let gateway = running.gateway
        try await running.serve { api in
            let rule: AttributeValue = ["id": "no", "effect": "deny", "actions": ["deploy"]]
            try await Self.draft(rule, api)
            let own = try await Self.run("approve", api)
            #expect(own.status == 400 || own.status == 403 || own.status == 409, "\(own.text)")
            #expect(own.text.contains("does not approve it"))
            // Whoever looks it over and mends something has written it, too.
            let mended = try await Self.run(
                "update_rule", api, ["rule_id": Self.policy, "rule": rule], token: other)
            #expect(mended.status == 200, "\(mended.text)")
            #expect(try await Self.run("approve", api, token: other).text.contains("does not approve it"))
            #expect(try await Self.run("approve", api).status == 200)
            #expect(try await Self.run("activate", api, token: other).status == 200)
            // The way out on the machine itself, which the journal names.
            let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            let second: AttributeValue = [
                "policy_id": "00000000-0000-7000-8000-000000000042", "name": "Alone", "policy_type": "Security",
                "enforcement": "Mandatory", "scope": "Organization",
            ]
            _ = try await gateway.governance.execute("create", second, by: caller)
            let again = try TestGateway.operatorCaller(gateway, tenant: "default")
            _ = try await gateway.governance.execute(
                "approve", ["policy_id": "00000000-0000-7000-8000-000000000042"], by: again)
            let events = try await api.send(.get, "/api/v1/audit/events?type=governance.approved_alone")
            #expect(events.body?["items"]?.list?.count == 1, "\(events.text)")
        }
    }

    @Test("without the setting one person may, and nothing is said of it")
    func alone() async throws {
        try await TestGateway.open().serve { api in
            try await Self.draft(["id": "no", "effect": "deny", "actions": ["deploy"]], api)
            #expect(try await Self.run("approve", api).status == 200)
            let events = try await api.send(.get, "/api/v1/audit/events?type=governance.approved_alone")
            #expect(events.body?["items"]?.list?.isEmpty == true)
        }
    }

    @Test(
        "a policy that nobody could take back is not activated, unless it is forced, which is journalled",
        arguments: [
            ["id": "all", "effect": "deny"], ["id": "undo", "effect": "deny", "actions": ["suspend"]],
            ["id": "ask", "effect": "require_approval", "actions": ["suspend"]],
            ["id": "err", "effect": "deny", "when": ["equals": ["context.nowhere": 1]]],
        ] as [AttributeValue])
    func lockout(rule: AttributeValue) async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            try await Self.draft(rule, api)
            #expect(try await Self.run("approve", api).status == 200)
            let refused = try await Self.run("activate", api)
            #expect(refused.status >= 400 && refused.status < 500)
            #expect(refused.text.contains("keep all 1 who may suspend"), "\(refused.text)")
            #expect(
                try await api.send(.get, "/api/v1/governance/policies/\(Self.policy.string ?? "")").body?["state"]
                    == "approved")
            #expect(try await Self.run("activate", api, ["force": true]).status == 200)
            #expect(try await Self.run("suspend", api).status == 403, "it does what was said of it")
            let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            _ = try await gateway.governance.execute("suspend", ["policy_id": Self.policy], by: caller)
            let events = try await api.send(.get, "/api/v1/audit/events?type=governance.activation_forced")
            #expect(events.body?["items"]?.list?.count == 1, "\(events.text)")
            let resumed = try await Self.run("resume", api)
            #expect(
                resumed.status >= 400 && resumed.text.contains("who may suspend"), "a resumption is looked at as well")
        }
    }

    @Test("one administrator who is left, and a rule about something else, are enough")
    func harmless() async throws {
        let running = try await TestGateway.open()
        _ = try await TestGateway.administrator(of: running.gateway, tenant: "default", named: "left")
        try await running.serve { api in
            try await Self.draft(
                [
                    "id": "some", "effect": "deny", "actions": ["suspend"],
                    "subjects": ["service_accounts": ["tests"]],
                ], api)
            #expect(try await Self.run("approve", api).status == 200)
            #expect(try await Self.run("activate", api).status == 200)
        }
    }
}
