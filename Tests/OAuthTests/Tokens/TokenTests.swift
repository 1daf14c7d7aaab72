import JOSE
import OAuth
import Testing

@Suite("Tokens") struct TokenTests {
    private let key: SigningKey
    private let keys: JSONWebKeySet
    private let issuer = TokenIssuer(issuer: Stage.issuer)

    init() throws {
        key = try SigningKey.generate(.es256)
        keys = try JSONWebKeySet([key.verificationKey])
    }

    struct Hashes: Decodable {
        let access_token: String
        let at_hash: String
        let code: String
        let c_hash: String
    }

    @Test("An ID token says who, for whom, since when and how; its hash is OpenID Connect Core's")
    func idToken() throws {
        let hashes = try Corpus.read("rfc/oidc-core-hashes", as: Hashes.self)
        let claims = try issuer.idToken(
            Stage.grant(), profile: ["name": "Ada", "sub": "eve", "aud": "x", "nonce": "y", "acr": "z"],
            accessToken: hashes.access_token, algorithm: .rs256, lifetime: 300, now: Stage.now)
        #expect(
            claims == [
                "iss": .string(Stage.issuer), "sub": "ada", "aud": "app", "azp": "app",
                "exp": .integer(Stage.now + 300),
                "iat": .integer(Stage.now), "auth_time": .integer(Stage.now - 10), "acr": "mfa", "amr": ["pwd", "otp"],
                "sid": "s1", "nonce": "n-1", "at_hash": .string(hashes.at_hash), "name": "Ada",
            ])
        let other = Stage.grant(scope: "profile")
        #expect(
            refusal {
                try issuer.idToken(other, accessToken: nil, algorithm: .es256, lifetime: 1, now: Stage.now)
            } == .serverError)
    }

    @Test("An access token is of RFC 9068, with its binding and who acts")
    func accessToken() throws {
        var grant = Stage.grant(
            resources: ["https://api.example/a"], binding: SenderBinding(keyThumbprint: Stage.challenge))
        grant.actor = ActorChain([.init(subject: "gateway")])
        let claims = issuer.accessToken(
            grant, id: "t1", extra: ["roles": ["admin"], "scope": "everything"], lifetime: 300, now: Stage.now)
        #expect(claims["aud"] == "https://api.example/a" && claims["client_id"] == "app" && claims["jti"] == "t1")
        #expect(claims["cnf"] == ["jkt": .string(Stage.challenge)] && claims["act"] == ["sub": "gateway"])
        #expect(claims["roles"] == ["admin"] && claims["scope"] == "openid profile")
        let token = try JWT.sign(claims, with: key, type: "at+jwt")
        let read = try AccessToken.verify(
            token, issuer: Stage.issuer, audience: "https://api.example/a", keys: keys, now: Stage.now)
        #expect(read.subject == "ada" && read.clientID == "app" && read.binding == grant.binding)
        #expect(read.actor == grant.actor && read.scope == grant.scope)
        #expect(issuer.accessToken(Stage.grant(subject: nil), id: "t", lifetime: 1, now: 0)["sub"] == "app")
    }

    @Test("Every type of token is refused where another is expected")
    func confusion() throws {
        let access = issuer.accessToken(Stage.grant(), id: "t1", lifetime: 300, now: Stage.now)
        let id = try issuer.idToken(Stage.grant(), accessToken: nil, algorithm: .es256, lifetime: 300, now: Stage.now)
        let logout = try #require(
            LogoutToken.claims(
                issuer: Stage.issuer, clientID: "app", subject: "ada", sessionID: "s1", id: "l1", now: Stage.now))
        let introspection = Introspection.signed(
            ["active": true], issuer: issuer, to: "app", now: Stage.now)
        let event = SecurityEvent(kind: .sessionRevoked, subject: .person("ada"), happenedAt: Stage.now)
            .claims(issuer: Stage.issuer, audience: "app", id: "e1", transaction: "t1", madeAt: Stage.now)
        let tokens: [(String, JSONObject, String)] = [
            ("access", access, "at+jwt"), ("id", id, "JWT"), ("logout", logout, LogoutToken.type),
            ("introspection", introspection, Introspection.signedType), ("event", event, SecurityEvent.type),
        ]
        for (name, claims, type) in tokens {
            let token = try JWT.sign(claims, with: key, type: type)
            let isAccess =
                refusal {
                    try AccessToken.verify(
                        token, issuer: Stage.issuer, audience: Stage.issuer, keys: keys, now: Stage.now)
                } == nil
            let isHint =
                refusal {
                    try IDTokenHint.read(token, issuer: Stage.issuer, keys: keys, clientID: "app")
                } == nil
            let isLogout =
                refusal {
                    try LogoutToken.verify(
                        token, issuer: Stage.issuer, clientID: "app", keys: keys, algorithms: [.es256], now: Stage.now)
                } == nil
            #expect(isAccess == (name == "access"), "\(name) as an access token")
            #expect(isHint == (name == "id"), "\(name) as a hint")
            #expect(isLogout == (name == "logout"), "\(name) as a logout token")
        }
    }

    @Test(
        "What makes an access token worthless",
        arguments: [
            ["iss": "https://evil.example"], ["aud": "other"], ["exp": .integer(Stage.now - 60)], ["exp": nil],
            ["sub": nil], ["client_id": nil], ["jti": nil], ["iat": nil], ["iat": .integer(Stage.now + 60)],
            ["scope": "a  b"], ["cnf": ["kid": "x"]], ["act": "x"],
        ] as [JSONObject])
    func worthless(members: JSONObject) throws {
        var claims = issuer.accessToken(Stage.grant(), id: "t1", lifetime: 300, now: Stage.now)
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        let token = try JWT.sign(claims, with: key, type: "at+jwt")
        #expect(
            refusal {
                try AccessToken.verify(token, issuer: Stage.issuer, audience: Stage.issuer, keys: keys, now: Stage.now)
            } == .invalidToken)
    }

    @Test("An answer tells the scopes, the type and no more than there is")
    func answers() {
        let bound = Stage.grant(binding: SenderBinding(keyThumbprint: Stage.challenge))
        let json = TokenAnswer(accessToken: "a", expiresIn: 300, refreshToken: "r", idToken: "i").json(for: bound)
        #expect(
            json == [
                "access_token": "a", "token_type": "DPoP", "expires_in": 300, "scope": "openid profile",
                "refresh_token": "r", "id_token": "i",
            ])
        let exchanged = TokenAnswer(accessToken: "a", expiresIn: 1, issuedTokenType: .accessToken)
        #expect(
            exchanged.json(for: Stage.grant())["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token")
        #expect(OAuthError(.invalidGrant, "x").json == ["error": "invalid_grant", "error_description": "x"])
    }

    @Test("A hint is ours, of its client, and may have expired")
    func hints() throws {
        func hint(_ members: JSONObject = [:], type: String? = "JWT", key: SigningKey? = nil, client: String? = "app")
            throws -> IDTokenHint
        {
            var claims = try issuer.idToken(
                Stage.grant(), accessToken: nil, algorithm: .es256, lifetime: 1, now: Stage.now - 1_000_000)
            for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
            let token = try JWT.sign(claims, with: key ?? self.key, type: type)
            return try IDTokenHint.read(token, issuer: Stage.issuer, keys: keys, clientID: client)
        }
        #expect(try hint().subject == "ada")
        #expect(try hint(client: nil).clientID == "app")
        #expect(try hint().sessionID == "s1")
        #expect(refusal { try hint(client: "other") } == .invalidRequest)
        #expect(refusal { try hint(["iss": "https://evil.example"]) } == .invalidRequest)
        #expect(refusal { try hint(["aud": ["app", "other"]]) } == .invalidRequest)
        #expect(refusal { try hint(["sub": nil]) } == .invalidRequest)
        #expect(refusal { try hint(type: "at+jwt") } == .invalidRequest)
        #expect(refusal { try hint(key: SigningKey.generate(.es256)) } == .invalidRequest)
        let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let unsigned = "\(none).\(Base64URL.encode(Array(#"{"sub":"ada"}"#.utf8)))."
        #expect(
            refusal { try IDTokenHint.read(unsigned, issuer: Stage.issuer, keys: keys, clientID: nil) }
                == .invalidRequest)
    }
}

@Suite("Introspection, revocation and userinfo") struct IntrospectionTests {
    private let issuer = TokenIssuer(issuer: Stage.issuer)

    private func live(_ grant: TokenGrant = Stage.grant(), isRefresh: Bool = false) -> Introspection.Live {
        Introspection.Live(
            grant: grant, issuedAt: Stage.now - 10, expiresAt: Stage.now + 10, id: "t1", isRefreshToken: isRefresh,
            extra: ["roles": ["admin"], "active": false])
    }

    private func answer(_ live: Introspection.Live?, to names: [String], now: Int64 = Stage.now) -> JSONObject {
        Introspection.answer(live, issuer: issuer, to: names, now: now)
    }

    @Test("The client and the audience are told; to everybody else, and of everything dead, it is inactive and no more")
    func oracle() {
        let forA = Stage.grant(resources: ["https://api.example/a"])
        #expect(answer(live(forA), to: ["app"])["active"] == true)
        #expect(answer(live(forA), to: ["rs", "https://api.example/a"])["active"] == true)
        #expect(answer(live(), to: [Stage.issuer])["active"] == true)
        for foreign in [["rs"], ["https://api.example/b"], [], [Stage.issuer]] {
            #expect(answer(live(forA), to: foreign) == ["active": false])
        }
        #expect(answer(nil, to: ["app"]) == ["active": false])
        #expect(answer(live(forA), to: ["app"], now: Stage.now + 10) == ["active": false])
        #expect(answer(live(forA, isRefresh: true), to: ["https://api.example/a"]) == ["active": false])
        #expect(answer(live(forA, isRefresh: true), to: ["app"])["active"] == true)
    }

    @Test("An answer holds what the token is worth, its binding included")
    func content() {
        let bound = Stage.grant(binding: SenderBinding(keyThumbprint: Stage.challenge))
        let json = answer(live(bound), to: ["app"])
        #expect(json["cnf"] == ["jkt": .string(Stage.challenge)] && json["token_type"] == "DPoP")
        #expect(json["roles"] == ["admin"] && json["active"] == true && json["sub"] == "ada" && json["acr"] == "mfa")
        let signed = Introspection.signed(json, issuer: issuer, to: "rs", now: Stage.now)
        #expect(signed["aud"] == "rs" && signed["token_introspection"] == .object(json) && signed["exp"] == nil)
        #expect(signed["sub"] == nil)
    }

    @Test("A token is asked about in the body, and not endlessly")
    func reading() throws {
        #expect(try Introspection.token(Parameters([("token", "t")])) == "t")
        #expect(refusal { try Introspection.token(Parameters()) } == .invalidRequest)
        let long = String(repeating: "t", count: AuthorizationHeader.tokenByteLimit + 1)
        #expect(refusal { try Introspection.token(Parameters([("token", long)])) } == .invalidRequest)
    }

    @Test("A client revokes its own: a refresh token with its grant, an access token alone")
    func revocation() throws {
        let own = try Stage.authenticated(Stage.client())
        let other = try Stage.authenticated(Stage.client("other"))
        #expect(Revocation.decide(live(), by: own) == .token)
        #expect(Revocation.decide(live(isRefresh: true), by: own) == .grant("g1"))
        #expect(Revocation.decide(live(), by: other) == .nothing)
        #expect(Revocation.decide(live(isRefresh: true), by: other) == .nothing)
        #expect(Revocation.decide(nil, by: own) == .nothing)
    }

    @Test("Scopes and claims requests open userinfo; the ID token holds only what was asked for there")
    func userInfo() throws {
        let person: JSONObject = [
            "name": "Ada", "email": "ada@x", "email_verified": true, "phone_number": "1", "sub": "other",
            "roles": ["a"],
        ]
        let request = try ClaimsRequest.read(
            #"{"userinfo":{"phone_number":{"essential":true}},"id_token":{"email":null}}"#)
        let grant = TokenGrant(
            grantID: "g", clientID: "app", subject: "ada", scope: ScopeSet("openid profile roles") ?? .empty,
            resources: [],
            authentication: nil, claims: request, binding: .none)
        let json = try UserInfo.answer(grant, person: person, extra: ["roles": ["roles"]])
        #expect(json == ["sub": "ada", "name": "Ada", "phone_number": "1", "roles": ["a"]])
        #expect(UserInfo.selected(person, UserInfo.idTokenNames(grant)) == ["email": "ada@x"])
        #expect(refusal { try UserInfo.answer(Stage.grant(subject: nil), person: person) } == .insufficientScope)
        #expect(refusal { try UserInfo.answer(Stage.grant(scope: "profile"), person: person) } == .insufficientScope)
        let signed = UserInfo.signed(json, issuer: Stage.issuer, clientID: "app")
        #expect(signed["aud"] == "app" && signed["sub"] == "ada")
    }
}
