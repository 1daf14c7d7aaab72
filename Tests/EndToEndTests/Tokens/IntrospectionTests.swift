import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import NIOCore
import Testing
import Vocabulary

/// RFC 7662, as an attacker tries it.
@Suite("Token introspection")
struct IntrospectionTests {
    struct Asked {
        let status: Int
        let body: AttributeValue?
        let headers: HTTPFields
    }

    static func ask(
        _ api: TestAPI, _ form: String, token: String?, path: String = "/oauth2/introspect",
        type: String = "application/x-www-form-urlencoded"
    ) async throws -> Asked {
        var headers: HTTPFields = [.contentType: type]
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await api.client.execute(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: form)
        ) { response in
            Asked(
                status: response.status.code,
                body: try? JSONDecoder().decode(AttributeValue.self, from: Data(response.body.readableBytesView)),
                headers: response.headers)
        }
    }

    /// A service account with these roles, and its key.
    static func key(
        _ gateway: Gateway, _ name: String, roles: [String], scopes: [String]? = nil, lifetime: Duration = .days(1)
    ) async throws -> (key: String, account: String) {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: name, description: nil, by: caller)
        for name in roles {
            let role = try await gateway.roles.role(named: name, in: caller.tenant)
            _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        }
        let made = try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: scopes, lifetime: lifetime, by: caller)
        return (made.token.reveal(), "\(account.id)")
    }

    @Test func aCallerWithoutACredentialIsRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let nobody = try await Self.ask(api, "token=\(api.token)", token: nil)
            #expect(nobody.status == 401)
            #expect(nobody.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            let forged = try await Self.ask(
                api, "token=\(api.token)", token: "gh_k_" + String(repeating: "A", count: 43))
            #expect(forged.status == 401)
        }
    }

    @Test func whateverIsWrongWithATokenTheAnswerIsTheSame() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let foreign = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api in
            let good = try await Self.ask(api, "token=\(api.token)", token: api.token)
            #expect(good.body?["active"] == true)
            #expect(good.headers[.cacheControl] == "no-store")
            for token in [
                foreign, "x", "gh_k_" + String(repeating: "A", count: 43), api.token + "A",
                api.token.replacing("gh_k_", with: "gh_s_"), api.token.replacing("gh_k_", with: "gh_a_"),
                String(repeating: "a", count: 10_000),
            ] {
                let answer = try await Self.ask(api, "token=\(token)", token: api.token)
                #expect(answer.status == 200)
                #expect(answer.body == ["active": false], "\(token.prefix(12))")
            }
        }
    }

    @Test func aTokenIsReadFromAFormOfBoundedSizeAndFromNowhereElse() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let query = try await Self.ask(api, "", token: api.token, path: "/oauth2/introspect?token=\(api.token)")
            #expect(query.status == 400)
            let json = try await Self.ask(
                api, "{\"token\":\"\(api.token)\"}", token: api.token, type: "application/json")
            #expect(json.status == 415)
            let twice = try await Self.ask(api, "token=\(api.token)&token=x", token: api.token)
            #expect(twice.status == 400)
            let huge = try await Self.ask(
                api, "token=" + String(repeating: "a", count: 16 * 1_024), token: api.token)
            #expect(huge.status == 413)
            let get = try await api.send(.get, "/oauth2/introspect?token=\(api.token)")
            #expect([404, 405].contains(get.status))
        }
    }

    // RFC 7662 §4: a protected resource learns of tokens that are for it.
    @Test func aCallerLearnsOnlyOfTokensThatAreForIt() async throws {
        let running = try await TestGateway.open(
            extra: """
                applications:
                  - { id: vault, host: vault.test, public_url: "https://vault.test" }
                roles:
                  - { name: VaultBackend, permissions: [ { action: introspect, type: token, resource: vault } ] }
                  - { name: Introspector, permissions: [ { action: introspect, type: token } ] }
                """)
        let vault = try await Self.key(running.gateway, "vault", roles: ["VaultBackend"]).key
        let all = try await Self.key(running.gateway, "all", roles: ["Introspector"]).key
        let none = try await Self.key(running.gateway, "none", roles: []).key
        let narrowed = try await Self.key(
            running.gateway, "narrowed", roles: ["Introspector"], scopes: ["person:read"]
        ).key
        try await running.serve { api async throws in
            let about = "token=\(api.token)"
            #expect(try await Self.ask(api, about, token: all).body?["active"] == true)
            for caller in [vault, none, narrowed] {
                #expect(try await Self.ask(api, about, token: caller).body == ["active": false])
            }
        }
    }

    @Test func aKeyThatIsRevokedDisabledOrPastItsTimeIsInactiveAtOnce() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        let (revoked, account) = try await Self.key(gateway, "revoked", roles: ["Analyst"])
        let (disabled, _) = try await Self.key(gateway, "disabled", roles: ["Analyst"])
        let (brief, _) = try await Self.key(gateway, "brief", roles: ["Analyst"], lifetime: .milliseconds(300))
        try await running.serve { api in
            for key in [revoked, disabled, brief] {
                #expect(try await Self.ask(api, "token=\(key)", token: api.token).body?["active"] == true)
                #expect(try await api.send(.get, "/api/v1/people", token: key).status == 200)
            }
            let keys = try await api.send(.get, "/api/v1/service-accounts/\(account)/keys")
            let id = try #require(keys.body?["items"]?.list?.first?["id"]?.string)
            #expect(try await api.send(.delete, "/api/v1/service-accounts/\(account)/keys/\(id)").status == 204)
            #expect(try await api.send(.post, "/api/v1/service-accounts/disabled/disable").status == 204)
            try await Task.sleep(for: .milliseconds(400))
            for key in [revoked, disabled, brief] {
                #expect(try await Self.ask(api, "token=\(key)", token: api.token).body == ["active": false])
                #expect(try await api.send(.get, "/api/v1/people", token: key).status == 401)
            }
        }
    }
}
