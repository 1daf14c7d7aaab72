import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

extension TenantIsolationTests {
    /// Governed things, under the same names on both sides.
    static func govern(_ side: Side, _ api: TestAPI) async throws -> Side {
        var side = side
        try await entitlements(&side, api)
        try await policies(&side, api)
        try await make(
            "/api/v1/saml/applications", ["metadata_xml": .string(SAMLApplicationAPITests.metadata())], in: &side, api)
        return side
    }

    private static let base = "/api/v1/governance/"

    /// Makes something and answers its id, which is remembered by the path it stands under.
    @discardableResult private static func make(
        _ path: String, _ body: AttributeValue, in side: inout Side, _ api: TestAPI
    ) async throws -> AttributeValue {
        let made = try await api.send(.post, side.prefix + path, body, token: side.token)
        #expect(made.status == 201, "\(path): \(made.text)")
        let id = try #require(made.body?["id"]?.string, "\(path)")
        side.ids[path] = id
        return .string(id)
    }

    private static func entitlements(_ side: inout Side, _ api: TestAPI) async throws {
        let seed = try EntitlementHouse.corpus()
        let why = seed["assignment"]?["justification"] ?? .null
        let application = try await make(
            base + "applications", ["name": "ERP", "type": "on_premise"], in: &side, api)
        var ids: [AttributeValue] = []
        for name in ["Pay", "Approve", "Read"] {
            ids.append(
                try await make(
                    base + "entitlements", ["application_id": application, "name": .string(name), "risk_level": "low"],
                    in: &side, api))
        }
        var rule = seed["sod_rule"]?.object ?? [:]
        rule["entitlement_ids"] = .list(Array(ids.prefix(2)))
        try await make(base + "sod/rules", .object(rule), in: &side, api)
        try await make(
            base + "assignments", ["entitlement_id": ids[0], "person": "ada", "justification": why], in: &side, api)
        let bob = try await api.send(.post, side.prefix + "/api/v1/people", ["login": "bob"], token: side.token)
        #expect(bob.status == 201)
        try await make(
            "/api/v1/campaigns",
            [
                "name": "Q4", "application": application, "reviewers": "named", "reviewer": "bob",
                "deadline": .string((SystemClock.now() + .days(40)).rfc3339),
            ], in: &side, api)
        let rules: AttributeValue = ["checks": ["expiry_date"], "approver_roles": ["Reader"]]
        #expect(
            try await api.send(.put, side.prefix + base + "assignment-rules", rules, token: side.token).status == 200)
        let asked = try await api.send(
            .post, side.prefix + base + "access-requests",
            ["entitlement_id": ids[2], "person": "bob", "justification": why], token: side.token)
        #expect(asked.status == 201, "\(asked.text)")
        side.ids[base + "approvals"] = try #require(asked.body?["approval"]?["id"]?.string)
    }

    private static func policies(_ side: inout Side, _ api: TestAPI) async throws {
        let (policy, set, exemption) = (fresh(), fresh(), fresh())
        let named: AttributeValue = ["policy_id": .string(policy)]
        let commands: [(String, AttributeValue)] = [
            (
                "create",
                [
                    "policy_id": .string(policy), "name": "Password Policy", "policy_type": "Security",
                    "enforcement": "Mandatory", "scope": "Organization",
                ]
            ),
            ("approve", named), ("activate", named),
            ("create_set", ["set_id": .string(set), "name": "Security Policies", "combination": "all"]),
            (
                "grant_exemption",
                [
                    "exemption_id": .string(exemption), "policy_id": .string(policy),
                    "entity_id": .string(side.ids["person"] ?? ""), "reason": "Legacy system migration",
                ]
            ),
        ]
        for (name, payload) in commands {
            let path = side.prefix + base + "commands/" + name
            let done = try await api.send(.post, path, payload, token: side.token)
            #expect(done.status == 200, "\(name): \(done.text)")
        }
        side.ids.merge(
            [base + "policies": policy, base + "policy-sets": set, base + "exemptions": exemption]) { $1 }
    }

    private static func fresh() -> String { PolicyID.random(at: SystemClock.now()).description }
}
