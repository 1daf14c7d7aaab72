import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Governed policies over HTTP")
struct GovernanceAPITests {
    private static func seed() throws -> AttributeValue {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/governance/seed-000.json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: url))
    }

    private static let commands = "/api/v1/governance/commands/"
    private static let id: AttributeValue = "550e8400-e29b-41d4-a716-446655440000"
    private static let policies = "/api/v1/governance/policies"

    @Test("the document's policy is created, approved, activated, exempted from, and archived; its exemption expires")
    func story() async throws {
        let now = MovedClock()
        let (running, seed) = (try await TestGateway.open(clock: { now.value }), try Self.seed())
        let (path, exemption) = (Self.policies + "/" + (Self.id.string ?? ""), "/api/v1/governance/exemptions")
        let policy: AttributeValue = ["policy_id": Self.id]
        let end = running.gateway.clock() + .seconds(60)
        guard case .object(var grant)? = seed["grant_exemption"] else { throw CancellationError() }
        grant["expires_at"] = .string(end.rfc3339)
        try await running.serve { [grant] api in
            func run(_ name: String, _ body: AttributeValue, _ headers: HTTPFields = [:]) async throws -> Int {
                try await api.send(.post, Self.commands + name, body, headers: headers).status
            }
            #expect(try await api.send(.get, path).status == 404)
            #expect(try await run("create", seed["create"] ?? .null) == 200)
            #expect(try await run("create", seed["create"] ?? .null) == 409)
            #expect(try await run("grant_exemption", .object(grant)) == 409)
            #expect(try await run("approve", seed["approve"] ?? .null, [.ifMatch: "\"v2\""]) == 412)
            #expect(try await run("approve", seed["approve"] ?? .null, [.ifMatch: "\"v1\""]) == 200)
            #expect(try await run("archive", policy) == 409)
            #expect(try await run("activate", policy) == 200)
            #expect(try await run("grant_exemption", .object(grant)) == 200)
            #expect(try await api.send(.get, path).body?["state"] == "active")
            now.value = end
            #expect(try await running.gateway.governance.endWhatIsDue(now: end) == 1)
            let ended = try await api.send(.get, exemption + "?state=expired&policy=" + (Self.id.string ?? ""))
            #expect(ended.body?["items"]?.list?.map { $0["id"] } == [grant["exemption_id"]])
            #expect(try await api.send(.get, exemption + "?state=active").body?["items"] == [])
            #expect(try await run("suspend", ["policy_id": Self.id, "reason": "Replaced by law."]) == 200)
            #expect(try await run("archive", policy) == 200)
            let history = try await api.send(.get, path + "/history")
            #expect(
                history.body?["items"]?.list?.compactMap { $0["event"]?.string } == [
                    "PolicyCreated", "PolicyApproved", "PolicyActivated", "PolicySuspended", "PolicyArchived",
                ])
            #expect(history.body?["items"]?.list?[1]["claim"] == "compliance-officer")
            #expect(history.body?["items"]?.list?[3]["reason"] == "Replaced by law.")
        }
    }

    @Test("lists come in pages and narrowed, and a filter that is not understood is refused")
    func lists() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for number in 1...3 {
                let made = try await api.send(
                    .post, Self.commands + "create",
                    [
                        "policy_id": .string("550e8400-e29b-41d4-a716-44665544000\(number)"), "name": "Password Policy",
                        "policy_type": "Security", "enforcement": "Mandatory", "scope": "Organization",
                    ])
                #expect(made.status == 200)
                #expect(made.body?["events"] == ["policy.created"])
            }
            let first = try await api.send(.get, Self.policies + "?limit=2&type=security&scope=organization")
            #expect(first.body?["items"]?.list?.count == 2)
            let cursor = try #require(first.body?["next"]?.string)
            let rest = try await api.send(
                .get, Self.policies + "?limit=2&type=security&scope=organization&cursor=\(cursor)")
            #expect(rest.body?["items"]?.list?.count == 1 && rest.body?["next"] == nil)
            #expect(try await api.send(.get, Self.policies + "?state=active").body?["items"] == [])
            #expect(try await api.send(.get, Self.policies + "?state=alive").status == 400)
        }
    }

    @Test("an Idempotency-Key gives a command one effect, and a payload that is not understood none")
    func repetition() async throws {
        let (running, seed) = (try await TestGateway.open(), try Self.seed())
        try await running.serve { api in
            let key = HTTPFields([
                HTTPField(
                    name: try #require(HTTPField.Name("Idempotency-Key")),
                    value: "\"019a0000-0000-7000-8000-000000000001\"")
            ])
            let create = seed["create"] ?? .null
            let first = try await api.send(.post, Self.commands + "create", create, headers: key)
            let second = try await api.send(.post, Self.commands + "create", create, headers: key)
            #expect(first.status == 200 && second.status == 200 && first.body == second.body)
            let strange = try await api.send(
                .post, Self.commands + "approve", ["policy_id": Self.id, "surprise": 1])
            #expect(strange.status == 400)
            #expect(try await api.send(.post, Self.commands + "explode", [:]).status == 404)
        }
    }

    @Test("who may write a policy may not therefore approve it")
    func permissions() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - name: Author
                    permissions: [ { action: create, type: governance } ]
                """)
        let (gateway, seed) = (running.gateway, try Self.seed())
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: "author", description: nil, by: caller)
        let role = try await gateway.roles.role(named: "Author", in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        let key = try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
        try await running.serve { api async throws in
            let create = seed["create"] ?? .null, approve = seed["approve"] ?? .null
            #expect(try await api.send(.post, Self.commands + "create", create, token: key).status == 200)
            #expect(try await api.send(.post, Self.commands + "approve", approve, token: key).status == 403)
            #expect(try await api.send(.get, Self.policies, token: key).status == 403)
            #expect(try await api.send(.post, Self.commands + "approve", approve).status == 200)
        }
    }
}
