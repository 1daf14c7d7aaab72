import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import OAuth
import Synchronization
import Testing
import Vocabulary

/// RFC 8705 on real sockets: curl connects, with certificates that openssl made.
@Suite("Clients that prove themselves by certificates", .timeLimit(.minutes(3)))
struct ClientCertificateTests {
    @Test("discovery tells where certificates are asked for, and nothing of it where none are")
    func discovery() async throws {
        try await CertificateStage.serve { stage in
            for (tenant, path) in [("", ""), ("/t/second", "/t/second")] {
                let told = try await stage.call(path + "/.well-known/openid-configuration").json
                let aliases = try #require(told["mtls_endpoint_aliases"]?.object)
                let base = CertificateStage.address + tenant + "/oauth2/"
                #expect(
                    Dictionary(uniqueKeysWithValues: aliases.names.map { ($0, aliases[$0]?.text) }) == [
                        "token_endpoint": base + "token", "userinfo_endpoint": base + "userinfo",
                        "introspection_endpoint": base + "introspect", "revocation_endpoint": base + "revoke",
                        "device_authorization_endpoint": base + "device_authorization",
                        "pushed_authorization_request_endpoint": base + "par",
                    ])
                #expect(told["tls_client_certificate_bound_access_tokens"]?.bool == true)
                let methods = told["token_endpoint_auth_methods_supported"]?.texts ?? []
                #expect(methods.contains("tls_client_auth") && methods.contains("self_signed_tls_client_auth"))
                #expect(told["token_endpoint"]?.text == OAuthScene.issuer + tenant + "/oauth2/token")
            }
            for path in ["/login", "/account", "/admin", "/api/v1/people", "/oauth2/authorize"] {
                #expect(try await stage.call(path).status == 404, "\(path)")
            }
        }
        try await OAuthScene.open().serve { api in
            let told = try await api.send(.get, "/.well-known/openid-configuration").body
            #expect(told?["mtls_endpoint_aliases"] == nil)
            #expect(told?["tls_client_certificate_bound_access_tokens"] == false)
            let methods = told?["token_endpoint_auth_methods_supported"]?.list ?? []
            #expect(!methods.isEmpty && !methods.contains("self_signed_tls_client_auth"))
        }
    }

    @Test("by a trusted issuer's word: the right subject gets a bound token, everybody else is refused with the reason")
    func issued() async throws {
        try await CertificateStage.serve { stage in
            let (tree, root) = (stage.tree, stage.root)
            let right = try await stage.leaf("/O=Example/CN=issued")
            let given = try await stage.token("issued", right)
            #expect(given.status == 200 && given["token_type"] == "Bearer", "\(given.text)")
            let middle = try await tree.issue("/CN=One", .authority(pathLength: 0), by: root)
            let below = try await tree.issue("/O=Example/CN=issued", by: middle)
            #expect(try await stage.token("issued", below).status == 200)
            func refused(_ node: CertificateTree.Node?, _ reason: String, at line: Int = #line) async throws {
                let answer = try await stage.token("issued", node)
                #expect(
                    answer.status == 401 && answer["error"] == "invalid_client"
                        && answer["error_description"]?.contains(reason) == true, "line \(line): \(answer.text)")
            }
            let subject = "/O=Example/CN=issued"
            try await refused(nil, "missing")
            try await refused(try await tree.issue(subject, by: stage.other), "unable to get local issuer")
            try await refused(try await tree.selfSigned(subject), "self-signed")
            try await refused(try await tree.issue(subject, days: -1, by: root), "expired")
            try await refused(try await tree.issue(subject, .server, by: root), "purpose")
            try await refused(try await stage.leaf("/O=Example/CN=Issued"), "not the one")
            try await refused(try await stage.leaf("/CN=issued"), "not the one")
            try await refused(try await stage.leaf("/CN=a", ["DNS:issued"]), "not the one")
            let client = try await stage.leaf("/CN=client")
            try await refused(try await tree.issue(subject, by: client), "invalid CA")
            let without = try await tree.issue("/CN=without", .authorityWithoutBit, by: root)
            try await refused(try await tree.issue(subject, by: without), "invalid CA")
            // What another tenant believes says nothing here, and the other way round.
            let ofOther = try await tree.issue(subject, by: stage.other)
            #expect(try await stage.token("issued", ofOther, tenant: "/t/second").status == 200)
            // A secret beside it, or in its place, proves nothing.
            let secret = ["-d", "client_secret=" + String(repeating: "s", count: 32)]
            #expect(try await stage.token("issued", right, secret).status == 401)
            // The ordinary listener asks nobody.
            let ordinary = try await ServiceTokenTests.post(
                stage.api, "/oauth2/token", "grant_type=client_credentials&client_id=issued&scope=orders:read")
            #expect(ordinary.status == 401)
        }
    }

    @Test("by a certificate that signed itself: the one that is registered, and no other key of that name")
    func selfSigned() async throws {
        try await CertificateStage.serve { stage in
            let given = try await stage.token("itself", stage.own)
            #expect(given.status == 200, "\(given.text)")
            let other = try await stage.tree.selfSigned("/CN=itself")
            #expect(try await stage.token("itself", other)["error"] == "invalid_client")
            #expect(try await stage.token("itself", try await stage.leaf("/CN=itself"))["error"] == "invalid_client")
            #expect(try await stage.token("itself", nil)["error"] == "invalid_client")
            // Registered for one client, it is no other's.
            #expect(try await stage.token("issued", stage.own)["error"] == "invalid_client")
        }
    }

    @Test("certificates are fetched where the client says its keys are, and again when it comes with another one")
    func fetched() async throws {
        let clock = MovedClock()
        try await CertificateStage.serve(clock: clock.now) { stage in
            let next = try await stage.tree.selfSigned("/CN=next")
            let published = Mutex(try CertificateStage.jwk(of: stage.own))
            let router = Router()
            router.get("jwks") { _, _ in
                let document: JSONObject = ["keys": [.object(published.withLock { $0 })]]
                return String(decoding: document.serialized, as: UTF8.self)
            }
            try await LoopbackListener.serve(router) { port in
                let metadata: AttributeValue = [
                    "token_endpoint_auth_method": "self_signed_tls_client_auth",
                    "jwks_uri": .string("http://127.0.0.1:\(port)/jwks"),
                    "redirect_uris": [.string(OAuthScene.callback)],
                ]
                let made = try await stage.api.send(
                    .post, "/api/v1/clients", ["client_id": "fetched", "metadata": metadata])
                #expect(made.status == 201, "\(made.text)")
                func revoke(_ node: CertificateTree.Node) async throws -> Int {
                    try await stage.call("/oauth2/revoke", node, form: "token=unknown&client_id=fetched").status
                }
                #expect(try await revoke(stage.own) == 200)
                #expect(try await revoke(next) == 401)
                published.withLock { $0 = (try? CertificateStage.jwk(of: next)) ?? [:] }
                #expect(try await revoke(next) == 401)
                clock.advance(.seconds(31))
                #expect(try await revoke(next) == 200)
                #expect(try await revoke(stage.own) == 401)
            }
        }
    }

    @Test("a certificate of many names or bytes: what is past the limit is refused, and the handshake is not")
    func large() async throws {
        try await CertificateStage.serve { stage in
            func node(_ count: Int, first: String) async throws -> CertificateTree.Node {
                try await stage.leaf(
                    "/CN=many", [first] + (1..<count).map { "DNS:n\($0).example" } + ["URI:urn:example:plain"])
            }
            let limit = ClientCertificate.nameLimit
            #expect(try await stage.token("plain", try await node(limit - 1, first: "DNS:a.example")).status == 200)
            #expect(try await stage.token("plain", try await node(limit, first: "DNS:a.example")).status == 401)
            #expect(try await stage.token("plain", try await node(limit, first: "URI:urn:example:plain")).status == 200)
            let huge = try await node(1_500, first: "URI:urn:example:plain")
            #expect(try huge.der().count > ClientCertificate.derByteLimit)
            let answer = try await stage.token("plain", huge)
            #expect(answer.status == 400 && answer["error"] == "invalid_request", "\(answer.text)")
        }
    }

    @Test("each connection proves its key anew: no session is resumed, of TLS 1.2 or 1.3")
    func resumption() async throws {
        try await CertificateStage.serve { stage in
            let node = try await stage.leaf("/CN=a")
            let outcome = try await GatehouseProgram.run(
                "/usr/bin/openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(stage.port)", "-tls1_2", "-reconnect", "-cert",
                    node.certificateFile, "-key", node.keyFile,
                ], environment: [:])
            #expect(outcome.output.contains("New, TLSv1.2"), "\(outcome.output.suffix(2_000)) \(outcome.error)")
            #expect(!outcome.output.contains("Reused"))
            #expect(outcome.output.contains("Acceptable client certificate CA names") == false)
        }
    }
}
