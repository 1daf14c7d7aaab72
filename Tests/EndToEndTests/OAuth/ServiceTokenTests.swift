import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Testing
import Vocabulary

/// Services that get tokens in their own name, and services that are shown them.
@Suite("Tokens of services", .timeLimit(.minutes(2)))
struct ServiceTokenTests {
    private static let extra = """
        clients:
          - client_id: orders
            client_secret_file: orders.secret
            service_account: orders-service
            grant_types: [client_credentials]
            scope: "orders:read orders:write"
            default_scope: "orders:read"
            resources: ["https://api.example.org"]
            access_token_format: jwt
          - client_id: batch
            client_secret_file: batch.secret
            service_account: batch-service
            grant_types: [client_credentials]
            scope: "orders:read"
          - client_id: api
            client_secret_file: api.secret
            grant_types: ["urn:ietf:params:oauth:grant-type:token-exchange"]
            answers_for: ["https://api.example.org"]
        """
    private static let files = [
        "orders.secret": String(repeating: "o", count: 32), "batch.secret": String(repeating: "b", count: 32),
        "api.secret": String(repeating: "a", count: 32),
    ]
    static let issuer = "https://gate.example.org"

    struct Answer {
        let status: Int
        let json: JSONObject
        let headers: HTTPFields
        subscript(name: String) -> String? { json[name]?.text }
    }

    static func post(
        _ api: TestAPI, _ path: String, _ form: String, _ client: String? = nil, _ headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.contentType] = "application/x-www-form-urlencoded"
        if let client {
            let secret = files[client + ".secret"] ?? "wrong"
            headers[.authorization] = "Basic " + Data("\(client):\(secret)".utf8).base64EncodedString()
        }
        return try await api.client.execute(
            uri: path, method: .post, headers: headers, body: ByteBuffer(string: form)
        ) { response in
            Answer(
                status: response.status.code,
                json: (try? JSONObject(parsing: Array(response.body.readableBytesView))) ?? [:],
                headers: response.headers)
        }
    }

    private static func get(_ api: TestAPI, _ path: String) async throws -> JSONObject {
        try await api.client.execute(uri: path, method: .get) { response in
            #expect(response.status == .ok, "\(path)")
            return try JSONObject(parsing: Array(response.body.readableBytesView))
        }
    }

    private static func serve(
        _ body: @Sendable @escaping (TestAPI, TestGateway) async throws -> Void
    ) async throws {
        let running = try await TestGateway.open(extra: extra, files: files)
        try await running.serve { try await body($0, running) }
    }

    private static let grant = "grant_type=client_credentials"

    @Test("a service gets a signed token that verifies by the published keys, and introspection knows it")
    func signed() async throws {
        try await Self.serve { api, _ in
            let metadata = try await Self.get(api, "/.well-known/oauth-authorization-server")
            #expect(metadata["issuer"]?.text == Self.issuer)
            #expect(metadata["token_endpoint"]?.text == Self.issuer + "/oauth2/token")
            #expect(metadata["authorization_endpoint"]?.text == Self.issuer + "/oauth2/authorize")
            let form = Self.grant + "&scope=orders%3Aread&resource=https%3A%2F%2Fapi.example.org"
            let answer = try await Self.post(api, "/oauth2/token", form, "orders")
            #expect(answer.status == 200 && answer["token_type"] == "Bearer" && answer["scope"] == "orders:read")
            #expect(answer.json["refresh_token"] == nil && answer.headers[.cacheControl] == "no-store")
            let token = try #require(answer["access_token"])
            let keys = try JSONWebKeySet(try await Self.get(api, "/oauth2/jwks"))
            let now = Int64(Date().timeIntervalSince1970)
            let read = try AccessToken.verify(
                token, issuer: Self.issuer, audience: "https://api.example.org", keys: keys, now: now)
            #expect(read.clientID == "orders" && read.subject == "orders" && read.scope == ScopeSet("orders:read"))
            #expect(throws: OAuthError.self) {
                try AccessToken.verify(
                    token, issuer: Self.issuer, audience: "https://other.example.org", keys: keys, now: now)
            }
            let seen = try await Self.post(api, "/oauth2/introspect", "token=\(token)", "api")
            #expect(seen.json["active"]?.bool == true && seen["client_id"] == "orders")
            // Neither a service that the token is not for, nor anything that was changed in it.
            let stranger = try await Self.post(api, "/oauth2/introspect", "token=\(token)", "batch")
            #expect(stranger.json.serialized == Array(#"{"active":false}"#.utf8))
            let forged = try await Self.post(api, "/oauth2/introspect", "token=\(token.dropLast(2))AA", "api")
            #expect(forged.json["active"]?.bool == false)
        }
    }

    @Test("a token that says nothing by itself is known to introspection alone, until it is revoked by its own client")
    func opaque() async throws {
        try await Self.serve { api, running in
            let answer = try await Self.post(api, "/oauth2/token", Self.grant + "&scope=orders:read", "batch")
            let token = try #require(answer["access_token"])
            #expect(token.hasPrefix("gh_at_"))
            func isActive(_ client: String) async throws -> Bool? {
                try await Self.post(api, "/oauth2/introspect", "token=\(token)", client).json["active"]?.bool
            }
            #expect(try await isActive("batch") == true)
            #expect(try await isActive("api") == false)
            // Another client's revocation is answered like any other, and does nothing.
            #expect(try await Self.post(api, "/oauth2/revoke", "token=\(token)", "orders").status == 200)
            #expect(try await isActive("batch") == true)
            #expect(try await Self.post(api, "/oauth2/revoke", "token=\(token)", "batch").status == 200)
            #expect(try await isActive("batch") == false)
            for name in ["gatehouse.db", "gatehouse.db-wal"] {
                let file = FileManager.default.contents(atPath: running.folder + "/data/" + name) ?? Data()
                for secret in [token] + Self.files.values {
                    #expect(file.range(of: Data(secret.utf8)) == nil)
                }
            }
        }
    }

    @Test(
        "whoever is not the client, asks for more, or by other means, is refused in the words of the standard",
        arguments: [
            ("grant_type=client_credentials", "orders:wrong", 401, "invalid_client"),
            ("grant_type=client_credentials", "nobody:x", 401, "invalid_client"),
            ("grant_type=client_credentials&scope=admin", "orders", 400, "invalid_scope"),
            ("grant_type=client_credentials&resource=https%3A%2F%2Fother.example.org", "orders", 400, "invalid_target"),
            ("grant_type=password&username=a&password=b", "orders", 400, "unsupported_grant_type"),
            ("grant_type=client_credentials", "api", 400, "unauthorized_client"),
            ("grant_type=client_credentials&grant_type=client_credentials", "orders", 400, "invalid_request"),
            ("grant_type=client_credentials&client_id=orders&client_secret=x", "orders", 400, "invalid_request"),
            ("", "orders", 400, "invalid_request"),
        ])
    func refused(form: String, client: String, status: Int, code: String) async throws {
        try await Self.serve { api, _ in
            let isKnown = Self.files[client + ".secret"] != nil
            var headers: HTTPFields = [:]
            if !isKnown { headers[.authorization] = "Basic " + Data(client.utf8).base64EncodedString() }
            let answer = try await Self.post(api, "/oauth2/token", form, isKnown ? client : nil, headers)
            #expect(answer.status == status && answer["error"] == code, "\(answer.json)")
            #expect(answer["access_token"] == nil)
            #expect((answer.headers[.wwwAuthenticate] != nil) == (status == 401))
        }
    }

    @Test("a rule takes a scope away, and says so; nobody has to allow what no rule forbids")
    func policy() async throws {
        try await Self.serve { api, _ in
            try await OAuthScene.govern(
                api,
                [
                    "id": "no-writing", "effect": "deny", "actions": ["grant"],
                    "resources": ["types": ["scope"], "ids": ["orders:write"]],
                ])
            let both = try await Self.post(
                api, "/oauth2/token", Self.grant + "&scope=orders:read+orders:write", "orders")
            #expect(both.status == 200 && both["scope"] == "orders:read")
            let none = try await Self.post(api, "/oauth2/token", Self.grant + "&scope=orders:write", "orders")
            #expect(none["error"] == "invalid_scope")
            #expect(none["error_description"]?.contains("denied_by_rule") == true)
        }
    }

    @Test("a client or its account that is switched off gets nothing, and its tokens end")
    func disabled() async throws {
        try await Self.serve { api, _ in
            let token = try #require(try await Self.post(api, "/oauth2/token", Self.grant, "orders")["access_token"])
            let opaque = try #require(
                try await Self.post(api, "/oauth2/token", Self.grant + "&scope=orders:read", "batch")["access_token"])
            func isActive(_ token: String, _ client: String) async throws -> Bool? {
                try await Self.post(api, "/oauth2/introspect", "token=\(token)", client).json["active"]?.bool
            }
            #expect(try await isActive(token, "orders") == true)
            let gone = try await api.send(.post, "/api/v1/service-accounts/orders-service/disable")
            #expect(gone.status == 204)
            #expect(try await isActive(token, "orders") == false)
            #expect(try await Self.post(api, "/oauth2/token", Self.grant, "orders")["error"] == "unauthorized_client")
            #expect(try await api.send(.post, "/api/v1/clients/batch/disable").status == 204)
            #expect(try await Self.post(api, "/oauth2/token", Self.grant, "batch")["error"] == "invalid_client")
            #expect(try await api.send(.post, "/api/v1/clients/batch/enable").status == 204)
            #expect(try await isActive(opaque, "batch") == true)
        }
    }

    @Test("a key is published before it signs, and one in wrong hands is believed no longer")
    func rotation() async throws {
        try await Self.serve { api, _ in
            let before = try #require(try await Self.post(api, "/oauth2/token", Self.grant, "orders")["access_token"])
            func kids() async throws -> Set<String> {
                Set(
                    (try await Self.get(api, "/oauth2/jwks")["keys"]?.array ?? [])
                        .compactMap { $0.object?["kid"]?.text })
            }
            let first = try await kids()
            #expect(first.count == 2)
            #expect(try await api.send(.post, "/api/v1/token-keys/ES256/rotate", [:]).status == 204)
            let second = try await kids()
            #expect(second.isSuperset(of: first) && second.count == 3)
            #expect(try await api.send(.post, "/api/v1/token-keys/ES256/rotate", ["now": true]).status == 204)
            let third = try await kids()
            #expect(third.count == 2 && third.subtracting(second).count == 1)
            let seen = try await Self.post(api, "/oauth2/introspect", "token=\(before)", "orders")
            #expect(seen.json["active"]?.bool == false)
            let after = try await Self.post(api, "/oauth2/token", Self.grant, "orders")
            #expect(after.status == 200)
            #expect(try await api.send(.post, "/api/v1/token-keys/none/rotate", [:]).status == 400)
        }
    }

    @Test("a client proves itself by a key of its own, each assertion once")
    func assertions() async throws {
        try await Self.serve { api, _ in
            let key = try SigningKey.generate(.es256, keyID: "mine")
            let jwks = try #require(key.publicKey).json
            let account = try await api.send(.post, "/api/v1/service-accounts", ["name": "signer-service"])
            #expect(account.status == 201)
            let made = try await api.send(
                .post, "/api/v1/clients",
                [
                    "client_id": "signer",
                    "metadata": [
                        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
                        "jwks": ["keys": [AttributeValue(.object(jwks))]], "scope": "a",
                    ], "settings": ["service_account": "signer-service"],
                ])
            #expect(made.status == 201 && made.body?["client_secret"] == nil, "\(String(describing: made.body))")
            func ask(audience: String, id: String) async throws -> Answer {
                let claims = ClientAssertion.claims(
                    clientID: "signer", audience: audience, id: id, now: Int64(Date().timeIntervalSince1970))
                let assertion = try JWT.sign(claims, with: key)
                let type = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                return try await Self.post(
                    api, "/oauth2/token",
                    Self.grant + "&scope=a&client_assertion_type=\(type)&client_assertion=\(assertion)")
            }
            #expect(try await ask(audience: Self.issuer, id: "1").status == 200)
            #expect(try await ask(audience: Self.issuer, id: "1")["error"] == "invalid_client")
            #expect(try await ask(audience: Self.issuer, id: "2").status == 200)
            #expect(try await ask(audience: Self.issuer + "/oauth2/token", id: "3")["error"] == "invalid_client")
        }
    }
}
