import Fixtures
import Foundation
import HTTPTypes
import JOSE
import OAuth
import Testing
import Vocabulary

@Suite("Tokens that are bound to certificates", .timeLimit(.minutes(3)))
struct BoundTokenTests {
    /// Signs somebody in for a client and redeems the code at the listener that asks.
    private static func signIn(
        _ stage: CertificateStage, _ client: String, _ node: CertificateTree.Node?
    ) async throws -> CertificateStage.Answer {
        let web = OAuthScene.browser(stage.api)
        let address = OAuthScene.address(client, ["scope": "openid offline_access"])
        let code = try #require(try await OAuthScene.walk(web, address)["code"])
        let form = OAuth.Parameters([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", OAuthScene.callback),
            ("code_verifier", OAuthScene.verifier), ("client_id", client),
        ])
        return try await stage.call("/oauth2/token", node, form: form.encoded)
    }

    private static func thumbprint(_ node: CertificateTree.Node) throws -> String {
        try ShownCertificate(leaf: try node.der()).thumbprint
    }

    private static func userInfo(
        _ stage: CertificateStage, _ token: String?, _ node: CertificateTree.Node?
    ) async throws -> Int {
        try await stage.call("/oauth2/userinfo", node, ["-H", "Authorization: Bearer \(token ?? "")"]).status
    }

    private static func refresh(
        _ stage: CertificateStage, _ token: String?, _ client: String, _ node: CertificateTree.Node?
    ) async throws -> CertificateStage.Answer {
        try await stage.call(
            "/oauth2/token", node, form: "grant_type=refresh_token&client_id=\(client)&refresh_token=\(token ?? "")")
    }

    @Test("a public client's tokens and refresh tokens are those of the certificate they were asked with")
    func publicClient() async throws {
        try await CertificateStage.serve { stage in
            let (a, b) = (try await stage.tree.selfSigned("/CN=a"), try await stage.tree.selfSigned("/CN=b"))
            let without = try await Self.signIn(stage, "phone", nil)
            #expect(without.status == 400 && without["error"] == "invalid_request", "\(without.text)")
            let tokens = try await Self.signIn(stage, "phone", a)
            #expect(tokens.status == 200, "\(tokens.text)")
            let access = tokens["access_token"]
            #expect(try await Self.userInfo(stage, access, a) == 200)
            #expect(try await Self.userInfo(stage, access, b) == 401)
            #expect(try await Self.userInfo(stage, access, nil) == 401)
            #expect(try await OAuthScene.userInfo(stage.api, access).status == 401)
            let refresh = tokens["refresh_token"]
            #expect(try await Self.refresh(stage, refresh, "phone", b)["error"] == "invalid_grant")
            #expect(try await Self.refresh(stage, refresh, "phone", nil)["error"] == "invalid_request")
            // Whoever tried without the key has used nothing up.
            let next = try await Self.refresh(stage, refresh, "phone", a)
            #expect(next.status == 200, "\(next.text)")
            #expect(try await Self.userInfo(stage, next["access_token"], b) == 401)
            #expect(try await Self.userInfo(stage, next["access_token"], a) == 200)
        }
    }

    @Test("a confidential client changes its certificate: refreshed tokens are bound to the new one")
    func renewal() async throws {
        try await CertificateStage.serve { stage in
            let (a, b) = (
                try await stage.leaf("/CN=a", ["DNS:shop.example"]), try await stage.leaf("/CN=b", ["DNS:shop.example"])
            )
            let tokens = try await Self.signIn(stage, "shop", a)
            #expect(tokens.status == 200, "\(tokens.text)")
            let next = try await Self.refresh(stage, tokens["refresh_token"], "shop", b)
            #expect(next.status == 200, "\(next.text)")
            #expect(try await Self.userInfo(stage, next["access_token"], b) == 200)
            #expect(try await Self.userInfo(stage, next["access_token"], a) == 401)
            #expect(try await Self.userInfo(stage, tokens["access_token"], a) == 200)
            let events = try await stage.api.send(.get, "/api/v1/audit/events?type=grant.code_redeemed&limit=10")
            #expect(events.text.contains("tls_client_auth") && events.text.contains("bound_to"), "\(events.text)")
            #expect(events.text.contains("\"certificate\""), "\(events.text)")
        }
    }

    @Test(
        "signed tokens and introspection say which certificate it is, and a client without binding gets bearer tokens")
    func confirmation() async throws {
        try await CertificateStage.serve { stage in
            let named = try await stage.leaf("/CN=n", ["DNS:named.example"])
            let signed = try #require(try await stage.token("named", named)["access_token"])
            let body = try #require(Base64URL.decode(String(signed.split(separator: ".")[1])))
            let expected = try Self.thumbprint(named)
            #expect(try JSONObject(parsing: body)["cnf"]?.object?["x5t#S256"]?.text == expected)
            let issued = try await stage.leaf("/O=Example/CN=issued")
            let opaque = try #require(try await stage.token("issued", issued)["access_token"])
            func introspect(_ token: String, _ client: String, _ node: CertificateTree.Node?) async throws -> JSONObject
            {
                try await stage.call("/oauth2/introspect", node, form: "client_id=\(client)&token=\(token)").json
            }
            let own = try await introspect(opaque, "issued", issued)
            #expect(own["active"]?.bool == true)
            #expect(own["cnf"]?.object?["x5t#S256"]?.text == (try Self.thumbprint(issued)))
            #expect(try await introspect(opaque, "issued", named)["active"] == nil)
            // The service that is shown it, over the ordinary listener.
            let form = OAuth.Parameters([("token", opaque)])
            let told = try await OAuthScene.post(stage.api, "/oauth2/introspect", form, "web")
            #expect(told.json["cnf"]?.object?["x5t#S256"]?.text == (try Self.thumbprint(issued)), "\(told.json)")
            let plain = try await stage.leaf("/CN=p", ["URI:urn:example:plain"])
            let bearer = try #require(try await stage.token("plain", plain)["access_token"])
            let said = try await introspect(bearer, "plain", plain)
            #expect(said["active"]?.bool == true && said["cnf"] == nil)
        }
    }
}
