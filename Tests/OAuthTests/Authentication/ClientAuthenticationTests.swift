import Foundation
import JOSE
import OAuth
import Testing

@Suite("Client authentication") struct ClientAuthenticationTests {
    private func read(_ authorization: [String], _ body: [(String, String)]) throws -> PresentedCredentials {
        try PresentedCredentials.read(authorization: authorization, parameters: Parameters(body))
    }

    struct BasicVector: Decodable {
        let client_id: String
        let client_secret: String
        let authorization: String
    }

    @Test("An id and a secret are unescaped after Basic")
    func basic() throws {
        let vectors = try Corpus.read("rfc/client-secret-basic", as: [BasicVector].self)
        #expect(vectors.count == 1)
        for vector in vectors {
            guard case .basic(let id, let secret) = try read([vector.authorization], []) else {
                Issue.record("not Basic")
                continue
            }
            #expect(id == vector.client_id && secret == vector.client_secret)
        }
    }

    @Test(
        "Malformed headers are refused",
        arguments: [
            "Basic", "Basic ", "Basic  YTpi", "Basic\tYTpi", "Basic YTpi ", "Basic YTpi, Basic YTpi", "Basic YWI=",
            "Basic YTpi=", "Basic Y*pi", "Bearer YTpi", "Basic YTo=", "Basic OmI=", "Basic YSU6Yg==",
            "Basic YTpj\u{E9}",
        ])
    func malformed(header: String) {
        #expect(refusal { try read([header], []) } == .invalidClient)
    }

    @Test("Exactly one method: any two are refused")
    func oneMethod() {
        let basic = "Basic YXBwOnM="
        let secret = ("client_secret", "s")
        let assertion = ("client_assertion", "e.y.J")
        let type = ("client_assertion_type", PresentedCredentials.assertionType)
        #expect(refusal { try read([basic, basic], []) } == .invalidRequest)
        #expect(refusal { try read([basic], [secret]) } == .invalidRequest)
        #expect(refusal { try read([basic], [assertion, type]) } == .invalidRequest)
        #expect(refusal { try read([], [("client_id", "app"), secret, assertion, type]) } == .invalidRequest)
        #expect(refusal { try read([basic], [("client_id", "other")]) } == .invalidRequest)
        #expect(refusal { try read([basic], [("client_id", "app")]) } == nil)
        #expect(refusal { try read([], []) } == .invalidClient)
        #expect(refusal { try read([], [secret]) } == .invalidClient)
        #expect(refusal { try read([], [("client_id", "app"), assertion]) } == .invalidClient)
    }

    @Test("The right secret, by the registered method alone")
    func secrets() throws {
        let basic = try Stage.registered(Stage.client())
        let post = try Stage.registered(Stage.client("app", ["token_endpoint_auth_method": "client_secret_post"]))
        func decide(_ shown: PresentedCredentials, _ client: RegisteredClient?) -> OAuthError.Code? {
            refusal {
                try ClientAuthentication.decide(
                    shown, client: client, certificate: nil, issuer: Stage.issuer, now: Stage.now)
            }
        }
        #expect(decide(.basic(clientID: "app", secret: Stage.secret), basic) == nil)
        #expect(decide(.post(clientID: "app", secret: Stage.secret), post) == nil)
        #expect(decide(.post(clientID: "app", secret: Stage.secret), basic) == .invalidClient)
        #expect(decide(.basic(clientID: "app", secret: Stage.secret), post) == .invalidClient)
        #expect(decide(.basic(clientID: "app", secret: Stage.secret + "x"), basic) == .invalidClient)
        #expect(decide(.basic(clientID: "app", secret: ""), basic) == .invalidClient)
        #expect(decide(.basic(clientID: "other", secret: Stage.secret), basic) == .invalidClient)
        #expect(decide(.basic(clientID: "app", secret: Stage.secret), nil) == .invalidClient)
        #expect(decide(.name(clientID: "app"), basic) == .invalidClient)
        let withoutSecret = RegisteredClient(metadata: basic.metadata)
        #expect(decide(.basic(clientID: "app", secret: Stage.secret), withoutSecret) == .invalidClient)
        let open = try Stage.registered(Stage.publicClient())
        #expect(decide(.name(clientID: "public"), open) == nil)
        #expect(decide(.basic(clientID: "public", secret: Stage.secret), open) == .invalidClient)
    }

    @Test("Two secrets live side by side, until one expires")
    func overlap() throws {
        let digest = try HashFunction.sha256.hash(Array("old".utf8))
        let other = try HashFunction.sha256.hash(Array("new".utf8))
        let client = RegisteredClient(
            metadata: try Stage.client(),
            secrets: [.init(digest: digest, expiresAt: Stage.now + 10), .init(digest: other)])
        func decide(_ secret: String, _ now: Int64) -> OAuthError.Code? {
            refusal {
                try ClientAuthentication.decide(
                    .basic(clientID: "app", secret: secret), client: client, certificate: nil, issuer: Stage.issuer,
                    now: now)
            }
        }
        #expect(decide("old", Stage.now + 9) == nil && decide("new", Stage.now + 9) == nil)
        #expect(decide("old", Stage.now + 10) == .invalidClient && decide("new", Stage.now + 10) == nil)
    }

    @Test("A certificate proves a client whose subject or thumbprint it is")
    func certificates() throws {
        let ca = try Stage.client(
            "mtls", ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example"])
        let right = ClientCertificate(
            thumbprint: Stage.challenge, isIssuedByTrusted: true, subjects: [.dnsName("a.example"), .uri("urn:a")])
        var untrusted = right
        untrusted.isIssuedByTrusted = false
        var other = right
        other.subjects = [.dnsName("b.example"), .distinguishedName("a.example")]
        func code(_ client: ClientMetadata, _ certificate: ClientCertificate?) -> OAuthError.Code? {
            refusal { try Stage.authenticated(client, certificate: certificate) }
        }
        #expect(code(ca, right) == nil)
        #expect(code(ca, untrusted) == .invalidClient)
        #expect(code(ca, other) == .invalidClient)
        #expect(code(ca, nil) == .invalidClient)
        let key = try SigningKey.generate(.es256)
        var jwk = try #require(key.publicKey?.json)
        jwk["x5c"] = [.string(CertificateSample.text)]
        let own = try Stage.client(
            "self", ["token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": ["keys": [.object(jwk)]]])
        let shown = try #require(ClientCertificate(der: CertificateSample.der, isIssuedByTrusted: false))
        #expect(code(own, shown) == nil)
        #expect(code(own, right) == .invalidClient)
        jwk["x5c"] = nil
        let without: JSONObject = [
            "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": ["keys": [.object(jwk)]],
        ]
        #expect(throws: ClientMetadataFaults.self) { try Stage.client("self", without) }
    }
}

@Suite("Client assertions") struct ClientAssertionTests {
    private let key: SigningKey
    private let client: ClientMetadata

    init() throws {
        key = try SigningKey.generate(.ps256)
        client = try Stage.client(
            "app",
            [
                "token_endpoint_auth_method": "private_key_jwt", "jwks": .object(Stage.document(key)),
                "profile": "fapi2_security", "dpop_bound_access_tokens": true,
            ])
    }

    private func claims(_ members: JSONObject = [:]) -> JSONObject {
        var claims = ClientAssertion.claims(clientID: "app", audience: Stage.issuer, id: "j1", now: Stage.now)
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        return claims
    }

    private func decide(
        _ claims: JSONObject, key: SigningKey? = nil, type: String? = "JWT", client: ClientMetadata? = nil
    ) throws -> AuthenticatedClient {
        let token = try JWT.sign(claims, with: key ?? self.key, type: type)
        let shown = try PresentedCredentials.read(
            authorization: [],
            parameters: Parameters([
                ("client_assertion", token), ("client_assertion_type", PresentedCredentials.assertionType),
            ]))
        return try ClientAuthentication.decide(
            shown, client: Stage.registered(client ?? self.client), certificate: nil, issuer: Stage.issuer,
            now: Stage.now)
    }

    @Test("A right assertion proves the client, and has to be spent")
    func right() throws {
        let client = try decide(claims())
        #expect(client.assertion?.id == "j1")
        #expect(client.assertion?.expiresAt == Stage.now + 60 + ClientAssertion.clockSkew)
        #expect(refusal { try decide(claims(), type: nil) } == nil)
        #expect(refusal { try decide(claims(), type: "client-authentication+jwt") } == nil)
        #expect(refusal { try decide(claims(["nbf": .integer(Stage.now + 8)])) } == nil)
        #expect(refusal { try decide(claims(["iat": .integer(Stage.now + 8)])) } == nil)
    }

    @Test(
        "What makes an assertion worthless",
        arguments: [
            ["aud": .string(Stage.issuer + "/token")], ["aud": .string(Stage.issuer + "/par")],
            ["aud": [.string(Stage.issuer)]], ["aud": [.string(Stage.issuer), "https://other.example"]],
            ["aud": "https://other.example"], ["aud": .string(Stage.issuer + "/")], ["aud": nil],
            ["iss": "other"], ["iss": nil], ["sub": "other"], ["exp": nil], ["exp": .integer(Stage.now - 60)],
            ["exp": .integer(Stage.now + 86_400)], ["jti": nil], ["jti": ""], ["nbf": .integer(Stage.now + 60)],
            ["iat": .integer(Stage.now + 60)],
            ["iat": .integer(Stage.now - 3_600), "nbf": nil, "exp": .integer(Stage.now + 10)],
            ["iat": nil, "nbf": nil, "exp": .integer(Stage.now + 3_600)],
            ["jti": .string(String(repeating: "j", count: ClientAssertion.idByteLimit + 1))],
        ] as [JSONObject])
    func worthless(members: JSONObject) {
        #expect(refusal { try decide(claims(members)) } == .invalidClient)
    }

    @Test("Another type, another key, RS256 in FAPI, a client with another method")
    func others() throws {
        #expect(refusal { try decide(claims(), type: "at+jwt") } == .invalidClient)
        #expect(refusal { try decide(claims(), type: "oauth-authz-req+jwt") } == .invalidClient)
        #expect(refusal { try decide(claims(), key: SigningKey.generate(.ps256)) } == .invalidClient)
        let rsa = try SigningKey.generate(.rs256)
        let withRSA = try Stage.client(
            "app",
            [
                "token_endpoint_auth_method": "private_key_jwt", "jwks": .object(Stage.document(rsa)),
                "profile": "fapi2_security", "dpop_bound_access_tokens": true,
            ])
        #expect(refusal { try decide(claims(), key: rsa, client: withRSA) } == .invalidClient)
        let standard = try Stage.client(
            "app", ["token_endpoint_auth_method": "private_key_jwt", "jwks": .object(Stage.document(rsa))])
        #expect(refusal { try decide(claims(), key: rsa, client: standard) } == nil)
        #expect(refusal { try decide(claims(), client: Stage.client()) } == .invalidClient)
    }

    @Test("A client that knows no better may name the endpoint, when an administrator allowed it, and never in FAPI")
    func legacyAudience() throws {
        let members: JSONObject = [
            "token_endpoint_auth_method": "private_key_jwt", "jwks": .object(try Stage.document(key)),
        ]
        var allowed = members
        allowed["legacy_assertion_audience"] = true
        let endpoint = Stage.issuer + "/token"
        func code(_ members: JSONObject, _ audience: JSONValue) throws -> OAuthError.Code? {
            let client = try Stage.registered(Stage.client("app", members))
            let token = try JWT.sign(claims(["aud": audience]), with: key)
            return refusal {
                try ClientAuthentication.decide(
                    .assertion(clientID: "app", token: token), client: client, certificate: nil, issuer: Stage.issuer,
                    endpoint: endpoint, now: Stage.now)
            }
        }
        #expect(try code(members, .string(endpoint)) == .invalidClient)
        #expect(try code(allowed, .string(endpoint)) == nil)
        #expect(try code(allowed, [.string(Stage.issuer)]) == nil)
        #expect(try code(allowed, "https://other.example/token") == .invalidClient)
        allowed["profile"] = "fapi2_security"
        allowed["dpop_bound_access_tokens"] = true
        #expect(throws: ClientMetadataFaults.self) { try Stage.client("app", allowed) }
    }

    @Test("A body that names another client than the assertion is refused")
    func otherName() throws {
        let token = try JWT.sign(claims(), with: key)
        let parameters = Parameters([
            ("client_assertion", token), ("client_assertion_type", PresentedCredentials.assertionType),
            ("client_id", "other"),
        ])
        #expect(refusal { try PresentedCredentials.read(authorization: [], parameters: parameters) } == .invalidClient)
    }
}

@Suite("Client certificates") struct ClientCertificateTests {
    @Test("A certificate says its thumbprint, its subject and every other name")
    func names() throws {
        let certificate = try #require(ClientCertificate(der: CertificateSample.der, isIssuedByTrusted: true))
        #expect(certificate.thumbprint == "Q753nUQdBQRxBUeEjg_uXBmTqnqhkxLU2VasebmIRuw")
        #expect(
            certificate.subjects == [
                .distinguishedName(#"CN=Ada \"A\" Löve,O=Acme\, Inc."#), .dnsName("a.example"), .uri("urn:app:1"),
                .email("a@a.example"), .ipAddress("192.0.2.1"), .ipAddress("2001:db8:0:0:0:0:0:1"),
            ])
    }

    @Test("An address is the same however it is spelt, and every other name only byte for byte")
    func spelling() throws {
        let certificate = try #require(ClientCertificate(der: CertificateSample.der, isIssuedByTrusted: true))
        func code(_ member: String, _ value: String) -> OAuthError.Code? {
            refusal {
                try Stage.authenticated(
                    Stage.client(
                        "mtls",
                        [
                            "token_endpoint_auth_method": "tls_client_auth", member: .string(value),
                        ]),
                    certificate: certificate)
            }
        }
        #expect(code("tls_client_auth_san_ip", "2001:DB8::1") == nil)
        #expect(code("tls_client_auth_san_ip", "192.0.2.1") == nil)
        #expect(code("tls_client_auth_san_ip", "192.0.2.2") == .invalidClient)
        #expect(throws: ClientMetadataFaults.self) {
            try Stage.client(
                "mtls", ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a.example"])
        }
        #expect(code("tls_client_auth_san_dns", "a.example") == nil)
        #expect(code("tls_client_auth_san_dns", "A.example") == .invalidClient)
        #expect(code("tls_client_auth_san_uri", "a.example") == .invalidClient)
        #expect(code("tls_client_auth_subject_dn", #"CN=Ada \"A\" Löve,O=Acme\, Inc."#) == nil)
        #expect(code("tls_client_auth_subject_dn", "CN=Ada") == .invalidClient)
    }

    @Test("What is no certificate is none: cut off, with something behind it, too long, changed")
    func malformed() {
        let der = CertificateSample.der
        #expect(ClientCertificate(der: [], isIssuedByTrusted: true) == nil)
        #expect(ClientCertificate(der: der.dropLast(), isIssuedByTrusted: true) == nil)
        #expect(ClientCertificate(der: der + [0], isIssuedByTrusted: true) == nil)
        let long = [UInt8](repeating: 0x30, count: ClientCertificate.derByteLimit + 1)
        #expect(ClientCertificate(der: long, isIssuedByTrusted: true) == nil)
        #expect(ClientCertificate(der: Array("certificate".utf8), isIssuedByTrusted: true) == nil)
    }
}

/// Self-signed, of P-256, with a name of each kind; made by `openssl req -x509`.
enum CertificateSample {
    static let text =
        "MIIB+DCCAZ+gAwIBAgIUIJhKbv2Js34k+cYNMyuZrhIz4WUwCgYIKoZIzj0EAwIwLTETMBEGA1UECgwKQWNtZSwgSW5jLjEWMBQG"
        + "A1UEAwwNQWRhICJBIiBMw7Z2ZTAgFw0yNjExMjExNzE2NDlaGA8yMTI2MTAyODE3MTY0OVowLTETMBEGA1UECgwKQWNtZSwgSW5j"
        + "LjEWMBQGA1UEAwwNQWRhICJBIiBMw7Z2ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBjtj8uW9GGb4QSySHGJ3fx63x/Ocd03"
        + "pBqnSzYOtDFBtSl/Ny22xVv/SHbL5whaU6QBWYJWCYgZYB18sWulGxOjgZowgZcwHQYDVR0OBBYEFEU3PUTBzuCPKVmxbcfdvcCK"
        + "oD3WMB8GA1UdIwQYMBaAFEU3PUTBzuCPKVmxbcfdvcCKoD3WMA8GA1UdEwEB/wQFMAMBAf8wRAYDVR0RBD0wO4IJYS5leGFtcGxl"
        + "hgl1cm46YXBwOjGBC2FAYS5leGFtcGxlhwTAAAIBhxAgAQ24AAAAAAAAAAAAAAABMAoGCCqGSM49BAMCA0cAMEQCIGDehyWpupPQ"
        + "BkPkCGt2w1DK/1lJr2jYo8Ia8/pFnIFPAiBVEvXpkRgarHNkYaRz1ozGrgr4OcrtTb3Tt76kWBwO5A=="

    static let der = Array(Data(base64Encoded: text) ?? Data())
}
