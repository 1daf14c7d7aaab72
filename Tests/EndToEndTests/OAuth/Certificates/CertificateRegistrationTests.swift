import Fixtures
import Foundation
import HTTPTypes
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Testing
import Vocabulary

@Suite("Registering clients that have certificates", .timeLimit(.minutes(2)))
struct CertificateRegistrationTests {
    private static func create(
        _ api: TestAPI, _ name: String, _ metadata: [String: AttributeValue]
    ) async throws -> TestAPI.Answer {
        var members: [String: AttributeValue] = [
            "redirect_uris": ["https://app.example.net/callback"], "scope": "openid",
        ]
        members.merge(metadata) { $1 }
        return try await api.send(
            .post, "/api/v1/clients", ["client_id": .string(name), "metadata": .object(members)])
    }

    @Test("an administrator makes and changes them, and is told what is wrong with one")
    func administrator() async throws {
        try await CertificateStage.serve { stage in
            let made = try await Self.create(
                stage.api, "a",
                [
                    "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_email": "a@a.example",
                    "tls_client_certificate_bound_access_tokens": true,
                ])
            #expect(made.status == 201 && made.body?["client_secret"] == nil, "\(made.text)")
            let metadata = made.body?["client"]?["metadata"]
            #expect(metadata?["tls_client_auth_san_email"] == "a@a.example")
            #expect(metadata?["tls_client_certificate_bound_access_tokens"] == true)
            for (members, words) in [
                (["token_endpoint_auth_method": "tls_client_auth"], ["tls_client_auth_subject_dn", "is missing"]),
                (
                    ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "shop"],
                    ["no distinguished name"]
                ), (["token_endpoint_auth_method": "self_signed_tls_client_auth"], ["jwks", "is missing"]),
                (["tls_client_auth_san_dns": "a.example"], ["goes with tls_client_auth"]),
            ] as [([String: AttributeValue], [String])] {
                let refused = try await Self.create(stage.api, "b", members)
                #expect(refused.status == 422 || refused.status == 400, "\(refused.text)")
                #expect(words.allSatisfy(refused.text.contains), "\(refused.text)")
            }
        }
    }

    @Test("where nobody asks for certificates, a client that would need one is refused at once, and told why")
    func unserved() async throws {
        let registration = "  registration: { allowed: everybody }\nclients:\n"
        let text = OAuthScene.clients.replacing("clients:\n", with: registration)
        try await OAuthScene.open(configuration: text).serve { api in
            for members in [
                ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example"],
                ["tls_client_certificate_bound_access_tokens": true],
            ] as [[String: AttributeValue]] {
                let refused = try await Self.create(api, "a", members)
                #expect(refused.status >= 400 && refused.text.contains("oauth.mtls"), "\(refused.text)")
            }
            let stranger = try await Self.register(
                api, ["token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": true])
            #expect(stranger.status == 400 && stranger["error"] == "invalid_client_metadata")
        }
    }

    private static func register(_ api: TestAPI, _ members: JSONObject) async throws -> ServiceTokenTests.Answer {
        var body: JSONObject = ["redirect_uris": [.string(OAuthScene.callback)], "scope": "openid"]
        for name in members.names { body[name] = members[name] }
        return try await api.client.execute(
            uri: "/oauth2/register", method: .post, headers: [.contentType: "application/json"],
            body: ByteBuffer(bytes: body.serialized)
        ) { response in
            ServiceTokenTests.Answer(
                status: response.status.code,
                json: (try? JSONObject(parsing: Array(response.body.readableBytesView))) ?? [:],
                headers: response.headers)
        }
    }

    @Test("a stranger registers its own certificate (RFC 7591), and proves itself by it")
    func stranger() async throws {
        try await CertificateStage.serve { stage in
            let key = try await stage.tree.selfSigned("/CN=stranger")
            let made = try await Self.register(
                stage.api,
                [
                    "token_endpoint_auth_method": "self_signed_tls_client_auth",
                    "jwks": ["keys": [.object(try CertificateStage.jwk(of: key))]],
                    "tls_client_certificate_bound_access_tokens": true,
                ])
            #expect(made.status == 201 && made["client_secret"] == nil, "\(made.json)")
            let id = try #require(made["client_id"])
            func revoke(_ node: CertificateTree.Node?) async throws -> Int {
                try await stage.call("/oauth2/revoke", node, form: "token=unknown&client_id=\(id)").status
            }
            #expect(try await revoke(key) == 200)
            #expect(try await revoke(try await stage.tree.selfSigned("/CN=stranger")) == 401)
            #expect(try await revoke(nil) == 401)
        }
    }
}
