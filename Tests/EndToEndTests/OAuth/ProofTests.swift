import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Synchronization
import Testing
import Vocabulary

/// Clients that prove a key: in assertions whose keys are fetched (RFC 7523), and in proofs of possession (RFC 9449).
@Suite("Clients with keys of their own", .timeLimit(.minutes(2)))
struct ProofTests {
    /// A client's server with its keys, which change, and which counts who looks.
    private final class KeyServer: Sendable {
        private let state: Mutex<(document: [UInt8], looks: Int)>
        init(_ keys: [SigningKey]) { state = Mutex((Self.document(keys), 0)) }
        var looks: Int { state.withLock(\.looks) }
        func publish(_ keys: [SigningKey]) {
            let document = Self.document(keys)
            state.withLock { $0.document = document }
        }

        private static func document(_ keys: [SigningKey]) -> [UInt8] {
            let object: JSONObject = ["keys": .array(keys.compactMap { $0.publicKey.map { .object($0.json) } })]
            return object.serialized
        }

        func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            let router = Router()
            router.get("/jwks") { _, _ in
                self.state.withLock { state in
                    state.looks += 1
                    return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: state.document)))
                }
            }
            try await LoopbackListener.serve(router, body)
        }
    }

    private static func assertion(_ key: SigningKey, now: Int64) throws -> String {
        try JWT.sign(
            [
                "iss": "signer", "sub": "signer", "aud": .string(OAuthScene.issuer), "iat": .integer(now),
                "exp": .integer(now + 60), "jti": .string(UUID().uuidString),
            ], with: key, type: "client-authentication+jwt")
    }

    private static func call(_ api: TestAPI, _ assertion: String) async throws -> ServiceTokenTests.Answer {
        let form = OAuth.Parameters([
            ("grant_type", "client_credentials"), ("client_assertion", assertion),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ])
        return try await ServiceTokenTests.post(api, "/oauth2/token", form.encoded)
    }

    @Test("keys are fetched where the client says they are, once, and again when it signs with a new one")
    func fetched() async throws {
        let (first, second) = (
            try SigningKey.generate(.es256, keyID: "one"), try SigningKey.generate(.es256, keyID: "two")
        )
        let server = KeyServer([first])
        try await server.listen { port in
            let clock = MovedClock()
            let running = try await OAuthScene.open(
                extra: """
                      - client_id: signer
                        token_endpoint_auth_method: private_key_jwt
                        service_account: signer
                        grant_types: [client_credentials]
                        scope: "orders:read"
                        default_scope: "orders:read"
                        jwks_uri: "http://127.0.0.1:\(port)/jwks"
                    """, clock: clock.now)
            try await running.serve { api in
                let now = { clock.now().seconds }
                for _ in 0..<3 { #expect(try await Self.call(api, Self.assertion(first, now: now())).status == 200) }
                #expect(server.looks == 1)
                // A new key is looked for at most once in a while, whoever claims to have one.
                for _ in 0..<3 {
                    let early = try await Self.call(api, Self.assertion(second, now: now()))
                    #expect(early["error"] == "invalid_client")
                }
                #expect(server.looks == 1)
                server.publish([second])
                clock.advance(.seconds(31))
                #expect(try await Self.call(api, Self.assertion(second, now: now())).status == 200)
                #expect(server.looks == 2)
                let late = try await Self.call(api, Self.assertion(first, now: now()))
                #expect(late["error"] == "invalid_client")
            }
        }
    }

    private static func proof(
        _ key: SigningKey, _ method: String, _ path: String, token: String? = nil, nonce: String? = nil,
        id: String = UUID().uuidString
    ) throws -> String {
        var claims: JSONObject = [
            "jti": .string(id), "htm": .string(method), "htu": .string(OAuthScene.issuer + path),
            "iat": .integer(Int64(Date().timeIntervalSince1970)),
        ]
        if let token { claims["ath"] = .string(Base64URL.encode(try HashFunction.sha256.hash(Array(token.utf8)))) }
        if let nonce { claims["nonce"] = .string(nonce) }
        let own: JSONValue = key.publicKey.map { .object($0.json) } ?? .null
        return try JWT.sign(claims, with: key, type: "dpop+jwt", parameters: ["jwk": own])
    }

    private static func header(_ proof: String) -> HTTPFields { [HTTPField.Name("DPoP")!: proof] }

    @Test("a public client's tokens and refresh tokens are its key's, and nonces are asked for where that is wanted")
    func possession() async throws {
        let text = OAuthScene.clients.replacing("clients:\n", with: "  dpop_nonce: true\nclients:\n")
        try await OAuthScene.open(configuration: text).serve { api in
            let (key, other) = (try SigningKey.generate(.es256), try SigningKey.generate(.es256))
            let web = OAuthScene.browser(api)
            let scope = ["scope": "openid offline_access"]
            let code = try await OAuthScene.walk(web, OAuthScene.address("phone", scope))["code"]
            let first = try await OAuthScene.redeem(
                api, code, "phone", [:], Self.header(try Self.proof(key, "POST", "/oauth2/token")))
            #expect(first["error"] == "use_dpop_nonce")
            let nonce = try #require(first.headers[HTTPField.Name("DPoP-Nonce")!])
            let tokens = try await OAuthScene.redeem(
                api, code, "phone", [:], Self.header(try Self.proof(key, "POST", "/oauth2/token", nonce: nonce)))
            #expect(tokens.status == 200 && tokens["token_type"] == "DPoP")
            let access = try #require(tokens["access_token"])
            func info(_ scheme: String, _ proof: String?) async throws -> Int {
                var headers: HTTPFields = [.authorization: "\(scheme) \(access)"]
                if let proof { headers[HTTPField.Name("DPoP")!] = proof }
                return try await api.client.execute(uri: "/oauth2/userinfo", method: .get, headers: headers) {
                    $0.status.code
                }
            }
            let good = try Self.proof(key, "GET", "/oauth2/userinfo", token: access, nonce: nonce)
            #expect(try await info("Bearer", nil) == 401)
            #expect(try await info("DPoP", nil) == 401)
            #expect(
                try await info("DPoP", Self.proof(other, "GET", "/oauth2/userinfo", token: access, nonce: nonce)) == 401
            )
            #expect(
                try await info("DPoP", Self.proof(key, "POST", "/oauth2/userinfo", token: access, nonce: nonce)) == 401)
            #expect(try await info("DPoP", good) == 200)
            #expect(try await info("DPoP", good) == 401)
            func refresh(_ key: SigningKey?) async throws -> ServiceTokenTests.Answer {
                let form = OAuth.Parameters([
                    ("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"] ?? ""),
                ])
                let headers = try key.map { Self.header(try Self.proof($0, "POST", "/oauth2/token", nonce: nonce)) }
                return try await OAuthScene.post(api, "/oauth2/token", form, "phone", headers ?? [:])
            }
            #expect(try await refresh(nil).status == 400)
            #expect(try await refresh(other).status == 400)
            #expect(try await refresh(key).status == 200)
        }
    }
}
