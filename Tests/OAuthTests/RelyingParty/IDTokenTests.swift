import JOSE
import OAuth
import Testing

/// A login at a provider, with everything right.
struct UpstreamStage {
    static let issuer = "https://idp.example"
    static let code = "c0de"
    static let accessToken = "t0ken"
    static let random = UpstreamAttempt.Randomness(
        state: [UInt8](repeating: 1, count: 32), nonce: [UInt8](repeating: 2, count: 32),
        verifier: [UInt8](repeating: 3, count: 32))

    let key: SigningKey
    var client: UpstreamClient
    let attempt: UpstreamAttempt
    let address: String

    init(wishes: UpstreamAttempt.Wishes = .init(), key: SigningKey? = nil, issuer: IssuerRule? = nil) throws {
        self.key = try key ?? SigningKey.generate(.es256, keyID: "k1")
        client = UpstreamClient(
            provider: "idp", clientID: "app", authentication: .secretBasic, redirectURI: "https://app.example/cb/idp",
            endpoints: UpstreamEndpoints(
                authorization: "https://idp.example/authorize?x=1", token: "https://idp.example/token",
                keys: "https://idp.example/jwks", userInfo: "https://idp.example/userinfo",
                endSession: "https://idp.example/logout"),
            issuer: issuer ?? .exactly(Self.issuer), scope: ScopeSet("openid email") ?? .empty,
            algorithms: [.es256])
        (attempt, address) = try UpstreamAttempt.start(client, wishes: wishes, random: Self.random, now: Stage.now)
    }

    func claims(_ members: JSONObject = [:]) throws -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": "ada", "aud": "app", "iat": .integer(Stage.now),
            "exp": .integer(Stage.now + 300), "nonce": .string(attempt.nonce ?? ""),
            "at_hash": .string(try HashClaim.value(of: Self.accessToken, algorithm: key.algorithm)),
            "c_hash": .string(try HashClaim.value(of: Self.code, algorithm: key.algorithm)),
        ]
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        return claims
    }

    func verify(
        _ members: JSONObject = [:], key: SigningKey? = nil, type: String? = nil, keys: JSONWebKeySet? = nil,
        now: Int64 = Stage.now
    ) throws -> VerifiedIDToken {
        try verify(JWT.sign(try claims(members), with: key ?? self.key, type: type), keys: keys, now: now)
    }

    func verify(_ token: String, keys: JSONWebKeySet? = nil, now: Int64 = Stage.now) throws -> VerifiedIDToken {
        try VerifiedIDToken.verify(
            token, of: attempt, client: client, keys: keys ?? JSONWebKeySet([self.key.verificationKey]),
            accessToken: Self.accessToken, code: Self.code, now: now)
    }
}

@Suite("ID tokens of providers") struct VerifiedIDTokenTests {
    private let stage: UpstreamStage

    init() throws { stage = try UpstreamStage() }

    @Test("A right token is believed")
    func right() throws {
        let token = try stage.verify(["sid": "s9"])
        #expect(token.subject == "ada" && token.issuer == UpstreamStage.issuer && token.sessionID == "s9")
        #expect(try stage.verify(["at_hash": nil, "c_hash": nil]).subject == "ada")
        #expect(try stage.verify(["azp": "app"]).subject == "ada")
        #expect(try stage.verify(["aud": ["app"]]).subject == "ada")
        #expect(try stage.verify(["aud": ["app", "other"], "azp": "app"]).subject == "ada")
        #expect(try stage.verify(type: "JWT").subject == "ada")
    }

    @Test(
        "What makes a token worthless",
        arguments: [
            ["iss": "https://evil.example"], ["iss": "https://idp.example/"], ["iss": nil], ["aud": "other"],
            ["aud": ["other"]], ["aud": nil], ["aud": []], ["aud": ["app", "other"]], ["azp": "other"],
            ["aud": ["app", "other"], "azp": "other"], ["exp": .integer(Stage.now - 61)], ["exp": nil],
            ["iat": nil], ["iat": .integer(Stage.now + 61)], ["iat": .integer(Stage.now - 3_600)], ["nonce": nil],
            ["nonce": "other"], ["sub": nil], ["sub": ""], ["sub": 7], ["at_hash": "77QmUPtjPfzWtF2AnpK9RQ"],
            ["at_hash": ""], ["at_hash": 7], ["c_hash": "77QmUPtjPfzWtF2AnpK9RQ"], ["nbf": .integer(Stage.now + 120)],
            ["sub": .string(String(repeating: "s", count: VerifiedIDToken.subjectByteLimit + 1))],
        ] as [JSONObject])
    func worthless(members: JSONObject) {
        #expect(fault { try stage.verify(members) } == .invalidIDToken)
    }

    @Test("A subject of 255 bytes is read")
    func longSubject() throws {
        #expect(try stage.verify(["sub": .string(String(repeating: "s", count: 255))]).subject.utf8.count == 255)
    }

    @Test("Without kid the only key is tried, and of several none")
    func keyNames() throws {
        let nameless = try SigningKey.generate(.es256, keyID: "x")
        var jwk = try JSONObject(parsing: nameless.privateJWK().reveal())
        jwk["kid"] = nil
        let signer = try SigningKey(privateJWK: jwk)
        let one = try JSONWebKeySet([signer.verificationKey])
        #expect(try stage.verify(key: signer, keys: one).subject == "ada")
        let two = try JSONWebKeySet([signer.verificationKey, stage.key.verificationKey])
        #expect(fault { try stage.verify(key: signer, keys: two) } == .invalidIDToken)
    }

    @Test("A name that is not in the set says that another set may help: keys rotate")
    func rotation() throws {
        let rotated = try SigningKey.generate(.es256, keyID: "k2")
        #expect(fault { try stage.verify(key: rotated) } == .unknownKey)
        let fetched = try JSONWebKeySet([stage.key.verificationKey, rotated.verificationKey])
        #expect(try stage.verify(key: rotated, keys: fetched).subject == "ada")
        let impostor = try SigningKey.generate(.es256, keyID: "k1")
        #expect(fault { try stage.verify(key: impostor) } == .invalidIDToken)
    }

    @Test("Unsigned, by a shared secret, by an algorithm that is not the provider's, of another type")
    func algorithms() throws {
        let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let payload = Base64URL.encode(try stage.claims().serialized)
        #expect(fault { try stage.verify("\(header).\(payload).") } == .invalidIDToken)
        let secret = try SigningKey(sharedSecret: Array(Stage.secret.utf8), algorithm: .hs256, keyID: "k1")
        #expect(fault { try stage.verify(key: secret) } == .invalidIDToken)
        let rsa = try SigningKey.generate(.rs256, keyID: "k1")
        #expect(fault { try stage.verify(key: rsa, keys: JSONWebKeySet([rsa.verificationKey])) } == .invalidIDToken)
        for type in ["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt"] {
            #expect(fault { try stage.verify(type: type) } == .invalidIDToken, "\(type)")
        }
        let long = String(repeating: "a", count: VerifiedIDToken.byteLimit + 1)
        #expect(fault { try stage.verify(long) } == .invalidIDToken)
    }

    @Test("max_age and acr_values that were asked for have to be answered")
    func demands() throws {
        let aged = try UpstreamStage(wishes: .init(maxAge: 60))
        #expect(try aged.verify(["auth_time": .integer(Stage.now - 60)]).subject == "ada")
        #expect(fault { try aged.verify(["auth_time": .integer(Stage.now - 121)]) } == .insufficientAuthentication)
        #expect(fault { try aged.verify() } == .insufficientAuthentication)
        let strong = try UpstreamStage(wishes: .init(acrValues: ["mfa", "phr"]))
        #expect(try strong.verify(["acr": "phr"]).subject == "ada")
        #expect(fault { try strong.verify(["acr": "pwd"]) } == .insufficientAuthentication)
        #expect(fault { try strong.verify() } == .insufficientAuthentication)
    }

    @Test("People of one domain alone")
    func domain() throws {
        var stage = try UpstreamStage()
        stage.client.requiredClaims = ProviderPreset.google(domain: "corp.example").requiredClaims
        #expect(try stage.verify(["hd": "corp.example"]).subject == "ada")
        #expect(fault { try stage.verify(["hd": "evil.example"]) } == .foreignTenant)
        #expect(fault { try stage.verify() } == .foreignTenant)
    }

    @Test("Fetched keys are public, and bounded")
    func fetchedKeys() throws {
        let document = try JSONWebKeySet([stage.key.verificationKey]).json.serialized
        #expect(try stage.client.keys(reading: document).verificationKeys.count == 1)
        let secret = try JSONObject(parsing: stage.key.privateJWK().reveal())
        let exposed: JSONObject = ["keys": [.object(secret)]]
        #expect(fault { try stage.client.keys(reading: exposed.serialized) } == .malformedAnswer)
        #expect(fault { try stage.client.keys(reading: Array("{}".utf8)) } == .malformedAnswer)
    }

    @Test("A refreshed token is of the same person")
    func refreshed() throws {
        let before = try stage.verify()
        func refresh(_ members: JSONObject) throws -> VerifiedIDToken {
            var members = members
            if members["nonce"] == nil { members["nonce"] = .null }
            return try VerifiedIDToken.verifyRefreshed(
                JWT.sign(try stage.claims(members), with: stage.key, type: nil), before: before, client: stage.client,
                keys: JSONWebKeySet([stage.key.verificationKey]), accessToken: UpstreamStage.accessToken, now: Stage.now
            )
        }
        #expect(try refresh([:]).subject == "ada")
        #expect(fault { try refresh(["sub": "eve"]) } == .invalidIDToken)
        #expect(fault { try refresh(["iss": "https://evil.example"]) } == .invalidIDToken)
        #expect(fault { try refresh(["at_hash": "77QmUPtjPfzWtF2AnpK9RQ"]) } == .invalidIDToken)
    }

    @Test("Userinfo is of the person of the token, plain or signed")
    func userInfo() throws {
        let token = try stage.verify()
        let keys = try JSONWebKeySet([stage.key.verificationKey])
        func read(_ text: String, _ type: String = "application/json", status: Int = 200) throws -> UpstreamUserInfo {
            try UpstreamUserInfo(
                status: status, contentType: type, body: Array(text.utf8), of: token, client: stage.client, keys: keys,
                now: Stage.now)
        }
        #expect(try read(#"{"sub":"ada","email":"a@x"}"#).claims["email"] == "a@x")
        #expect(fault { try read(#"{"sub":"eve"}"#) } == .foreignUserInfo)
        #expect(fault { try read(#"{"email":"a@x"}"#) } == .foreignUserInfo)
        #expect(fault { try read("[]") } == .malformedAnswer)
        #expect(fault { try read(#"{"sub":"ada"}"#, status: 401) } == .refused)
        let claims: JSONObject = ["iss": .string(UpstreamStage.issuer), "aud": "app", "sub": "ada"]
        let signed = try JWT.sign(claims, with: stage.key)
        #expect(try read(signed, "application/jwt; charset=utf-8").claims["sub"] == "ada")
        var foreign = claims
        foreign["aud"] = "other"
        #expect(fault { try read(try JWT.sign(foreign, with: stage.key), "application/jwt") } == .malformedAnswer)
        #expect(fault { try read(#"{"sub":"ada"}"#, "application/jwt") } == .malformedAnswer)
    }
}

@Suite("Entra ID") struct EntraTests {
    private let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
    private let evil = "11111111-2222-3333-4444-555555555555"
    private let object = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

    private func verify(_ tid: String, issuerTenant: String? = nil, oid: JSONValue? = nil) throws -> VerifiedIDToken {
        let stage = try UpstreamStage(issuer: .entra(tenants: [tenant]))
        let members: JSONObject = [
            "iss": .string("https://login.microsoftonline.com/\(issuerTenant ?? tid)/v2.0"), "tid": .string(tid),
            "oid": oid ?? .string(object), "email": "victim@example.org",
        ]
        return try stage.verify(members)
    }

    @Test("Of several tenants only those on the list, and only by the issuer of their own")
    func tenants() throws {
        #expect(try verify(tenant).subject == "ada")
        #expect(fault { try verify(evil) } == .foreignTenant)
        #expect(fault { try verify(tenant, issuerTenant: evil) } == .invalidIDToken)
        #expect(fault { try verify(evil, issuerTenant: tenant) } == .foreignTenant)
        #expect(fault { try verify("*") } == .foreignTenant)
        #expect(fault { try verify(tenant.uppercased()) } == .foreignTenant)
        let nobody = try UpstreamStage(issuer: .entra(tenants: []))
        #expect(fault { try nobody.verify(["tid": .string(tenant)]) } == .foreignTenant)
        #expect(fault { try nobody.verify() } == .foreignTenant)
    }

    @Test("The key is tenant and object, whatever the mail address says")
    func key() throws {
        let rule = UpstreamIdentityRule.entraObject
        #expect(try rule.key(idToken: verify(tenant), userInfo: nil) == "\(tenant)/\(object)")
        #expect(fault { try rule.key(idToken: verify(tenant, oid: "victim@example.org"), userInfo: nil) } == .noSubject)
        #expect(fault { try rule.key(idToken: nil, userInfo: nil) } == .noSubject)
        #expect(ProviderPreset.entra(tenants: [tenant]).profile.mailVerified == nil)
    }

    @Test("Too many groups are asked for at Graph, page by page, and nowhere else")
    func groups() throws {
        let overage: JSONObject = [
            "_claim_names": ["groups": "src1"], "_claim_sources": ["src1": ["endpoint": "https://x"]],
        ]
        #expect(Entra.hasGroupOverage(try JWTClaims(overage)))
        #expect(!Entra.hasGroupOverage(try JWTClaims(["groups": [.string(object)]])))
        func page(_ text: String, status: Int = 200) throws -> Entra.GroupPage {
            try Entra.groups(status: status, body: Array(text.utf8))
        }
        let one =
            #"{"value":[{"id":"\#(object)","displayName":"Staff"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/x?y"}"#
        #expect(try page(one).groups.map(\.id) == [object] && page(one).groups.first?.name == "Staff")
        #expect(try page(one).next == "https://graph.microsoft.com/v1.0/x?y")
        #expect(try page(#"{"value":[]}"#).next == nil)
        for elsewhere in [
            "https://evil.example/", "http://graph.microsoft.com/", "https://graph.microsoft.com:8443/", "/x",
        ] {
            #expect(fault { try page(#"{"value":[],"@odata.nextLink":"\#(elsewhere)"}"#) } == .malformedAnswer)
        }
        #expect(fault { try page(#"{"value":[{"id":"x"}]}"#) } == .malformedAnswer)
        #expect(fault { try page("{}") } == .malformedAnswer)
        #expect(fault { try page("{}", status: 403) } == .refused)
    }
}
