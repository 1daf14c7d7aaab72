import Gateway
import HTTPTypes
import Testing
import Vocabulary

extension TenantIsolationTests {
    /// A request whose body names a governed thing, by the id that it is given.
    private struct Naming {
        let path: String
        /// What is named, by the key it is known under.
        let key: String
        let body: (AttributeValue) -> AttributeValue

        init(_ path: String, _ key: String, _ body: @escaping (AttributeValue) -> AttributeValue) {
            (self.path, self.key, self.body) = (path, key, body)
        }
    }

    private static let base = "/api/v1/governance/"

    private static func entitlementBodies(_ mine: Side) -> [Naming] {
        let own = AttributeValue.string(mine.ids[base + "entitlements"] ?? "")
        let why: AttributeValue = "Required for project Alpha"
        return [
            Naming(base + "entitlements", base + "applications") {
                ["application_id": $0, "name": "Sign", "risk_level": "low"]
            },
            Naming(base + "assignments", base + "entitlements") {
                ["entitlement_id": $0, "person": "ada", "justification": why]
            },
            Naming(base + "assignments", "person") { ["entitlement_id": own, "person": $0, "justification": why] },
            Naming(base + "access-requests", base + "entitlements") {
                ["entitlement_id": $0, "person": "ada", "justification": why]
            },
            Naming(base + "sod/rules", base + "entitlements") {
                [
                    "name": "n", "conflict_type": "inclusive", "severity": "low",
                    "entitlement_ids": [$0, .string(mine.ids["second"] ?? "")],
                ]
            },
            Naming(base + "sod/check", base + "entitlements") { ["person": "ada", "entitlement_ids": [$0]] },
            Naming(base + "sod/check", "person") { ["person": $0, "entitlement_ids": [own]] },
            Naming(base + "sod/scans", base + "sod/rules") { ["rule_id": $0] },
            Naming(base + "risk/scores", "person") { ["person": $0] },
            Naming("/api/v1/campaigns", base + "applications") {
                [
                    "name": "Q1", "application": $0, "reviewers": "named", "reviewer": "bob",
                    "deadline": .string((SystemClock.now() + .days(40)).rfc3339),
                ]
            },
        ]
    }

    private static func commandBodies(_ mine: Side) -> [Naming] {
        func id(_ path: String) -> AttributeValue { .string(mine.ids[base + path] ?? "") }
        func fresh() -> AttributeValue { .string(PolicyID.random(at: SystemClock.now()).description) }
        func created(_ member: String, _ other: AttributeValue) -> AttributeValue {
            .object([
                "policy_id": fresh(), "name": "n", "policy_type": "Security", "enforcement": "Mandatory",
                "scope": "Organization", member: other,
            ])
        }
        func granted(_ member: String, _ target: AttributeValue) -> AttributeValue {
            .object([
                "exemption_id": fresh(), member: target, "entity_id": .string(mine.ids["person"] ?? ""),
                "reason": "Legacy system migration",
            ])
        }
        let commands = base + "commands/"
        return [
            Naming(commands + "update", base + "policies") { ["policy_id": $0, "reason": "It is looked at."] },
            Naming(commands + "add_to_set", base + "policies") { ["set_id": id("policy-sets"), "policy_id": $0] },
            Naming(commands + "remove_from_set", base + "policy-sets") {
                ["set_id": $0, "policy_id": id("policies")]
            },
            Naming(commands + "grant_exemption", base + "policies") { granted("policy_id", $0) },
            Naming(commands + "grant_exemption", base + "sod/rules") { granted("sod_rule_id", $0) },
            Naming(commands + "revoke_exemption", base + "exemptions") { ["exemption_id": $0] },
            Naming(commands + "create", base + "policies") { created("supersedes", $0) },
            Naming(commands + "suspend", base + "policies") { ["policy_id": $0] },
        ]
    }

    @Test("S1-02 no body names a governed thing of the other tenant, where it may name one's own")
    func noGovernedBodyNamesWhatIsTheOthers() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: Self.extra)
        let otherToken = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            var mine = try await Self.govern(try await Self.fill(Side(prefix: "", token: api.token), api), api)
            let theirs = try await Self.govern(
                try await Self.fill(Side(prefix: "/t/other", token: otherToken), api), api)
            let listed = try await api.send(.get, Self.base + "entitlements").body?["items"]?.list ?? []
            mine.ids["second"] = listed.first { $0["name"] == "Approve" }?["id"]?.string
            func written() async throws -> Int {
                let path = "/t/other/api/v1/audit/events?limit=200"
                return try await api.send(.get, path, token: otherToken).body?["items"]?.list?.count ?? 0
            }
            let before = try await written()
            #expect(before > 10 && before < 200)
            for naming in Self.entitlementBodies(mine) + Self.commandBodies(mine) {
                let foreign = AttributeValue.string(try #require(theirs.ids[naming.key]))
                let own = AttributeValue.string(try #require(mine.ids[naming.key]))
                let refused = try await api.send(.post, naming.path, naming.body(foreign))
                #expect([400, 404].contains(refused.status), "\(naming.path) \(naming.key): \(refused.text)")
                // The same body with one's own is understood, so that it was the id that was refused.
                let understood = try await api.send(.post, naming.path, naming.body(own))
                #expect(![400, 404].contains(understood.status), "\(naming.path) \(naming.key): \(understood.text)")
            }
            #expect(try await written() == before)
        }
    }
}
