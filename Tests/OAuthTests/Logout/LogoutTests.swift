import JOSE
import OAuth
import Testing

@Suite("Logout tokens") struct LogoutTokenTests {
    private let key: SigningKey
    private let keys: JSONWebKeySet

    init() throws {
        key = try SigningKey.generate(.es256)
        keys = try JSONWebKeySet([key.verificationKey])
    }

    private func verify(_ members: JSONObject = [:], key: SigningKey? = nil, type: String? = LogoutToken.type) throws
        -> LogoutToken
    {
        var claims =
            LogoutToken.claims(
                issuer: Stage.issuer, clientID: "app", subject: "ada", sessionID: "s1", id: "l1", now: Stage.now) ?? [:]
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        return try LogoutToken.verify(
            JWT.sign(claims, with: key ?? self.key, type: type), issuer: Stage.issuer, clientID: "app", keys: keys,
            algorithms: [.es256], now: Stage.now)
    }

    @Test("What we send is what we take, by session, by person, or both")
    func right() throws {
        let token = try verify()
        #expect(token.subject == "ada" && token.sessionID == "s1" && token.id == "l1")
        #expect(try verify(["sub": nil]).sessionID == "s1")
        #expect(try verify(["sid": nil]).subject == "ada")
        #expect(try verify(type: nil).id == "l1" && verify(type: "JWT").id == "l1")
        #expect(
            LogoutToken.claims(issuer: Stage.issuer, clientID: "a", subject: nil, sessionID: nil, id: "l", now: 0)
                == nil)
    }

    @Test("One of a provider that writes no exp is good for ten minutes after its iat, and is kept in mind that long")
    func withoutExpiry() throws {
        let fresh = try verify(["exp": nil])
        #expect(fresh.id == "l1" && fresh.expiresAt == Stage.now + 660)
        let old = try verify(["exp": nil, "iat": .integer(Stage.now - 630)])
        // In mind for longer than it is taken.
        #expect(old.expiresAt > Stage.now)
        #expect(try verify(["exp": .integer(Stage.now + 86_400)]).expiresAt == Stage.now + 660)
    }

    @Test(
        "What makes one worthless",
        arguments: [
            ["iss": "https://evil.example"], ["aud": "other"], ["aud": nil], ["iat": nil], ["jti": nil], ["jti": ""],
            ["events": nil], ["events": [:]], ["events": "x"], ["events": ["http://other.example/event": [:]]],
            ["events": .object([LogoutToken.event: ["x": 1]])], ["events": .object([LogoutToken.event: "x"])],
            ["events": .object([LogoutToken.event: [:], "http://other.example/event": [:]])],
            ["nonce": "n"], ["sub": nil, "sid": nil], ["exp": .integer(Stage.now - 60)],
            ["iat": .integer(Stage.now - 3_600)], ["iat": .integer(Stage.now + 600)], ["sid": 7],
            ["exp": nil, "iat": nil], ["exp": nil, "iat": .integer(Stage.now - 631)], ["exp": "soon"],
            ["exp": nil, "iat": .integer(Stage.now + 31)],
        ] as [JSONObject])
    func worthless(members: JSONObject) {
        #expect(refusal { try verify(members) } == .invalidRequest)
    }

    @Test("Another type, another key, another algorithm, none")
    func signatures() throws {
        #expect(refusal { try verify(type: "at+jwt") } == .invalidRequest)
        #expect(refusal { try verify(key: SigningKey.generate(.es256)) } == .invalidRequest)
        #expect(refusal { try verify(key: SigningKey.generate(.es384)) } == .invalidRequest)
        let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + ".e30."
        #expect(
            refusal {
                try LogoutToken.verify(
                    none, issuer: Stage.issuer, clientID: "app", keys: keys, algorithms: [.es256], now: Stage.now)
            } == .invalidRequest)
    }
}

@Suite("Logout asked for by a client") struct EndSessionRequestTests {
    private let client: ClientMetadata
    private let key: SigningKey
    private let keys: JSONWebKeySet

    init() throws {
        client = try Stage.client()
        key = try SigningKey.generate(.es256)
        keys = try JSONWebKeySet([key.verificationKey])
    }

    private func hint(session: String? = "s1", subject: String = "ada", client: String = "app") throws -> IDTokenHint {
        var claims: JSONObject = [
            "iss": .string(Stage.issuer), "sub": .string(subject), "aud": .string(client), "iat": 1, "exp": 2,
        ]
        claims["sid"] = session.map { .string($0) }
        return try IDTokenHint.read(
            JWT.sign(claims, with: key), issuer: Stage.issuer, keys: keys, clientID: nil)
    }

    private func decide(
        _ members: [String: String], hint: IDTokenHint?, client: ClientMetadata? = nil, session: String? = "s1",
        subject: String? = "ada"
    ) throws -> EndSessionRequest.Outcome {
        try EndSessionRequest.read(Parameters(members.map { ($0.key, $0.value) })).decide(
            hint: hint, client: client ?? self.client, session: session, subject: subject)
    }

    private func isPage(_ outcome: EndSessionRequest.Outcome) -> Bool {
        if case .page = outcome { true } else { false }
    }

    @Test("With the hint of this session: signed out, and back with the state")
    func right() throws {
        let bye = ["post_logout_redirect_uri": "https://app.example/bye", "state": "x y"]
        #expect(try decide(bye, hint: hint()) == .signOut(redirect: "https://app.example/bye?state=x%20y"))
        let query = ["post_logout_redirect_uri": "https://app.example/bye?x=1", "state": "a"]
        #expect(try decide(query, hint: hint()) == .signOut(redirect: "https://app.example/bye?x=1&state=a"))
        let stateless = ["post_logout_redirect_uri": "https://app.example/bye"]
        #expect(try decide(stateless, hint: hint()) == .signOut(redirect: "https://app.example/bye"))
        #expect(try decide([:], hint: hint()) == .signOut(redirect: nil))
        #expect(try decide([:], hint: hint(session: nil)) == .signOut(redirect: nil))
        #expect(try decide([:], hint: hint(), session: nil, subject: nil) == .signOut(redirect: nil))
    }

    @Test("A bad or extended address, or one without a hint: a page, and nobody is redirected")
    func pages() throws {
        for uri in [
            "https://app.example/bye/", "https://app.example/bye?y=2", "https://evil.example/",
            "https://app.example/bye#f",
        ] {
            #expect(isPage(try decide(["post_logout_redirect_uri": uri], hint: hint())), "\(uri)")
        }
        #expect(isPage(try decide(["post_logout_redirect_uri": "https://app.example/bye"], hint: nil)))
        #expect(isPage(try decide(["client_id": "other"], hint: hint())))
        #expect(isPage(try decide(["client_id": "app"], hint: hint(client: "other"))))
    }

    @Test("Without a hint, or with another session's, somebody is asked")
    func confirming() throws {
        #expect(try decide([:], hint: nil) == .confirm(redirect: nil))
        #expect(try decide(["state": "x"], hint: nil) == .confirm(redirect: nil))
        #expect(try decide([:], hint: hint(session: "s2")) == .confirm(redirect: nil))
        #expect(try decide([:], hint: hint(session: nil, subject: "eve")) == .confirm(redirect: nil))
    }

    @Test("A state or a hint that is too long is refused")
    func limits() {
        let state = String(repeating: "s", count: AuthorizationRequest.Limit.stateBytes + 1)
        #expect(refusal { try EndSessionRequest.read(Parameters([("state", state)])) } == .invalidRequest)
        let hint = String(repeating: "h", count: AuthorizationRequest.Limit.idTokenHintBytes + 1)
        #expect(refusal { try EndSessionRequest.read(Parameters([("id_token_hint", hint)])) } == .invalidRequest)
    }
}
