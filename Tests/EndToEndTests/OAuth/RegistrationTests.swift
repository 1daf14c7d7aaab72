import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import JOSE
import NIOCore
import OAuth
import Testing
import Vocabulary

/// Clients that register themselves (RFC 7591, RFC 7592).
@Suite("Registering clients", .timeLimit(.minutes(2)))
struct RegistrationTests {
    private static func serve(
        _ allowed: String?, _ body: @Sendable @escaping (TestAPI, TestGateway) async throws -> Void
    ) async throws {
        // The scene's own `oauth` section ends with its scopes.
        let registration = allowed.map { "  registration: { allowed: \($0), scopes: [openid, offline_access] }\n" }
        let text = OAuthScene.clients.replacing("clients:\n", with: (registration ?? "") + "clients:\n")
        let running = try await OAuthScene.open(configuration: text)
        try await running.serve { try await body($0, running) }
    }

    private static func send(
        _ api: TestAPI, _ method: HTTPRequest.Method, _ path: String, _ body: JSONObject?, token: String?
    ) async throws -> ServiceTokenTests.Answer {
        var headers: HTTPFields = [:]
        if body != nil { headers[.contentType] = "application/json" }
        if let token { headers[.authorization] = "Bearer " + token }
        return try await api.client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0.serialized) }
        ) { response in
            ServiceTokenTests.Answer(
                status: response.status.code,
                json: (try? JSONObject(parsing: Array(response.body.readableBytesView))) ?? [:],
                headers: response.headers)
        }
    }

    private static func register(
        _ api: TestAPI, _ body: JSONObject, token: String? = nil
    ) async throws -> ServiceTokenTests.Answer {
        try await send(api, .post, "/oauth2/register", body, token: token)
    }

    private static let metadata: JSONObject = [
        "client_name": "Somebody's client", "redirect_uris": [.string(OAuthScene.callback)],
        "scope": "openid", "token_endpoint_auth_method": "client_secret_post",
    ]

    @Test("nobody registers where nobody may, and with an initial token whoever has one does")
    func gates() async throws {
        try await Self.serve(nil) { api, _ in
            let answer = try await Self.register(api, Self.metadata)
            #expect(answer.status == 404)
        }
        try await Self.serve("token") { api, running in
            let refused = try await Self.register(api, Self.metadata)
            #expect(refused.status == 401 && refused.headers[.wwwAuthenticate] != nil)
            #expect(
                try await Self.register(api, Self.metadata, token: "gh_k_" + String(repeating: "A", count: 43)).status
                    == 401)
            // A key whose account may not.
            let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
            let weak = try await running.gateway.serviceAccounts.create(name: "weak", description: nil, by: caller)
            let key = try await running.gateway.serviceAccounts.makeKey(
                for: weak.id, name: "k", scopes: nil, lifetime: .days(1), by: caller
            ).token.reveal()
            #expect(try await Self.register(api, Self.metadata, token: key).status == 403)
            let made = try await Self.register(api, Self.metadata, token: api.token)
            #expect(made.status == 201 && made.headers[.cacheControl] == "no-store")
            #expect(made.json["client_secret_expires_at"]?.integer == 0)
        }
    }

    @Test("a client that registered signs people in, after they agreed, and its token alone looks after it")
    func life() async throws {
        try await Self.serve("everybody") { api, _ in
            let made = try await Self.register(api, Self.metadata)
            #expect(made.status == 201)
            let (id, secret) = (try #require(made["client_id"]), try #require(made["client_secret"]))
            let token = try #require(made["registration_access_token"])
            let path = "/oauth2/register/" + id
            #expect(made["registration_client_uri"] == OAuthScene.issuer + path)
            let web = OAuthScene.browser(api)
            try await web.open(OAuthScene.address(id, ["scope": "openid"]))
            try await OAuthScene.signIn(web)
            #expect(web.page.contains("Somebody&#39;s client asks for access"))
            try await web.submit("request", ["decision": "allow"])
            let code = OAuthScene.answer(of: web)["code"]
            let form: [String: String?] = ["client_secret": secret]
            let tokens = try await OAuthScene.redeem(api, code, id, form)
            #expect(tokens.status == 200)
            // Its own token reads, changes and ends it; nothing else does.
            for other in [nil, api.token, secret, "gh_ra_" + String(repeating: "A", count: 43)] {
                #expect(try await Self.send(api, .get, path, nil, token: other).status == 401)
            }
            let read = try await Self.send(api, .get, path, nil, token: token)
            #expect(read.status == 200 && read["client_name"] == "Somebody's client" && read["client_secret"] == nil)
            var changed = Self.metadata
            changed["client_name"] = "Another name"
            #expect(try await Self.send(api, .put, path, changed, token: token).status == 400)
            changed["client_id"] = .string(id)
            #expect(try await Self.send(api, .put, path, changed, token: token)["client_name"] == "Another name")
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 200)
            #expect(try await Self.send(api, .delete, path, nil, token: token).status == 204)
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 401)
            #expect(try await Self.send(api, .get, path, nil, token: token).status == 401)
        }
    }

    @Test("what a stranger may not have is refused, each with what is wrong")
    func refusals() async throws {
        try await Self.serve("everybody") { api, _ in
            let wrong: [(String, JSONValue, String)] = [
                ("redirect_uris", ["http://app.example.net/callback"], "invalid_redirect_uri"),
                ("redirect_uris", ["https://*.example.net/callback"], "invalid_redirect_uri"),
                ("redirect_uris", ["javascript:alert(1)"], "invalid_redirect_uri"),
                ("redirect_uris", [], "invalid_redirect_uri"),
                ("grant_types", ["authorization_code", "client_credentials"], "invalid_client_metadata"),
                ("token_endpoint_auth_method", "none at all", "invalid_client_metadata"),
                ("software_statement", "eyJ", "invalid_client_metadata"),
                ("backchannel_logout_uri", "http://127.0.0.1/logout", "invalid_client_metadata"),
                ("sector_identifier_uri", "https://localhost/sector.json", "invalid_client_metadata"),
                ("jwks_uri", "file:///etc/passwd", "invalid_client_metadata"),
            ]
            for (member, value, error) in wrong {
                var body = Self.metadata
                body[member] = value
                if member == "sector_identifier_uri" { body["subject_type"] = "pairwise" }
                let answer = try await Self.register(api, body)
                #expect(
                    answer.status == 400 && answer["error"] == error, "\(member): \(answer["error_description"] ?? "")")
            }
            #expect(
                try await api.client.execute(
                    uri: "/oauth2/register", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: String(repeating: "[", count: 40_000))
                ) { $0.status.code } == 400)
            // What an administrator alone may say is not heard.
            var body = Self.metadata
            for (name, value) in [("require_pkce", JSONValue.bool(false)), ("consent", .bool(false))] {
                body[name] = value
            }
            body["scope"] = "openid orders:read"
            let made = try await Self.register(api, body)
            #expect(made["scope"] == "openid")
            let id = try #require(made["client_id"])
            let web = OAuthScene.browser(api)
            try await web.request(
                .get, OAuthScene.address(id, ["scope": "openid", "code_challenge": nil, "code_challenge_method": nil]))
            #expect(OAuthScene.answer(of: web)["error"] == "invalid_request")
        }
    }
}
