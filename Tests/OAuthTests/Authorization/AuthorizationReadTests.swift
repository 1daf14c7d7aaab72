import JOSE
import OAuth
import Testing

@Suite("Reading authorization requests") struct AuthorizationReadTests {
    private func read(_ members: [String: String?], client: ClientMetadata? = nil) throws -> AuthorizationReading {
        let client = try client ?? Stage.client()
        return AuthorizationRequest.read(
            Stage.parameters(members, client: client.clientID), client: client, origin: .parameters,
            rules: Stage.rules)
    }

    @Test("A right request is read with everything it says")
    func everything() throws {
        let request = try Stage.request([
            "prompt": "login consent", "max_age": "300", "acr_values": "mfa password", "display": "popup",
            "ui_locales": "se de", "login_hint": "buffy@host", "claims": #"{"userinfo":{"name":{"essential":true}}}"#,
            "response_mode": "form_post", "extra": "foobar", "claims_locales": "se", "id_token_hint": "a.b.c",
            "dpop_jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "resource": "https://api.example/a",
        ])
        #expect(request.prompts == [.login, .consent])
        #expect(request.maxAge == 300)
        #expect(request.acrValues == ["mfa", "password"])
        #expect(request.responseMode == .formPost)
        #expect(request.claims.userInfo == [.init(name: "name", isEssential: true)])
        #expect(request.resources == ["https://api.example/a"])
        #expect(request.dpopThumbprint?.isEmpty == false)
        #expect(request.isOpenID)
        #expect(request.codeChallenge == Stage.challenge)
    }

    @Test("The order of scopes is irrelevant, and what the client may not use is left out")
    func scopes() throws {
        #expect(try Stage.request(["scope": "profile openid"]).scope == ScopeSet("openid profile"))
        #expect(try Stage.request(["scope": "openid unheard-of"]).scope == ScopeSet("openid"))
        let narrow = try Stage.client("app", ["default_scope": "read"])
        #expect(try Stage.request(["scope": nil], client: narrow).scope == ScopeSet("read"))
    }

    @Test("A request without nonce is read, and one without state")
    func optional() throws {
        let request = try Stage.request(["nonce": nil, "state": nil])
        #expect(request.nonce == nil && request.state == nil)
    }

    @Test(
        "Where the client or its address is not known to be right, nobody is redirected",
        arguments: [
            ["redirect_uri": nil], ["redirect_uri": "https://app.example/cb/x"],
            ["redirect_uri": "https://evil.example/"],
            ["redirect_uri": "https://app.example/cb?x=1"], ["client_id": nil], ["client_id": "other"],
            ["client_id": "a\u{7F}"],
        ] as [[String: String?]])
    func pages(members: [String: String?]) throws {
        guard case .page(let error) = try read(members) else {
            Issue.record("not a page")
            return
        }
        #expect(error.code == .invalidRequest)
    }

    @Test(
        "Everything else is told to the client, with state and issuer",
        arguments: [
            (["response_type": nil], .invalidRequest), (["response_type": "token"], .unsupportedResponseType),
            (["response_type": "code id_token"], .unsupportedResponseType),
            (["response_type": "none"], .unsupportedResponseType),
            (["response_mode": "fragment"], .invalidRequest), (["scope": nil], .invalidScope),
            (["scope": "unheard-of"], .invalidScope), (["scope": "open id\u{E9}"], .invalidScope),
            (["code_challenge": nil, "code_challenge_method": nil], .invalidRequest),
            (["code_challenge_method": "plain"], .invalidRequest), (["code_challenge_method": nil], .invalidRequest),
            (["code_challenge": "short"], .invalidRequest),
            (["code_challenge": Stage.challenge + "A"], .invalidRequest),
            (["prompt": "none login"], .invalidRequest), (["max_age": "-1"], .invalidRequest),
            (["max_age": "1.5"], .invalidRequest), (["max_age": "99999999999"], .invalidRequest),
            (["claims": "[]"], .invalidRequest), (["claims": "{"], .invalidRequest),
            (["claims": #"{"userinfo":7}"#], .invalidRequest), (["dpop_jkt": "x"], .invalidRequest),
            (["resource": "/relative"], .invalidTarget), (["resource": "https://api.example/a#f"], .invalidTarget),
            (["resource": "https://other.example/"], .invalidTarget), (["request": "e.y.J"], .requestNotSupported),
            (["request_uri": "https://app.example/request"], .requestURINotSupported),
            (["registration": "{}"], .registrationNotSupported),
        ] as [([String: String?], OAuthError.Code)])
    func redirects(members: [String: String?], code: OAuthError.Code) throws {
        guard case .redirect(let response) = try read(members) else {
            Issue.record("not a redirect")
            return
        }
        #expect(response.error?.code == code)
        #expect(response.location.hasPrefix("https://app.example/cb?error=\(code.rawValue)&"))
        #expect(response.location.hasSuffix("&state=xyz&iss=https%3A%2F%2Fop.example"))
    }

    @Test("A state of 2,048 visible characters comes back as it was, and one more is refused without it")
    func state() throws {
        let long = String(repeating: "~", count: AuthorizationRequest.Limit.stateBytes)
        let request = try Stage.request(["state": long])
        let response = AuthorizationResponse.code("c", to: request.target(issuer: Stage.issuer))
        #expect(response.fields.first { $0.name == "state" }?.value == long)
        for bad in [long + "~", "a\nb", "é"] {
            guard case .redirect(let response) = try read(["state": bad]) else {
                Issue.record("not a redirect")
                continue
            }
            #expect(response.error?.code == .invalidRequest)
            #expect(!response.fields.contains { $0.name == "state" })
        }
    }

    // RFC 3986 §6.2.3: an empty path is `/`, and nothing else is the same.
    @Test("A resource is asked for with or without the slash of an empty path, and named as it was allowed")
    func emptyPaths() throws {
        func read(_ asked: [String], _ allowed: [String]) throws -> [String] {
            try ResourceIndicators.read(Parameters(asked.map { ("resource", $0) }), allowed: allowed)
        }
        let (bare, slash) = ("https://api.example", "https://api.example/")
        #expect(try read([slash], [bare]) == [bare] && read([bare], [slash]) == [slash])
        #expect(try read([slash, bare], [bare]) == [bare] && read([slash, bare], [bare, slash]) == [slash, bare])
        for (asked, allowed) in [
            ("https://api.example/a/", "https://api.example/a"), ("https://api.example//", slash),
            ("https://API.example", bare), ("https://api.example:443", bare), ("https://api.example?", bare),
        ] {
            #expect(throws: OAuthError.self, "\(asked)") { try read([asked], [allowed]) }
        }
    }

    @Test("One past each limit of nonce, hints, words, claims and resources")
    func limits() throws {
        typealias Limit = AuthorizationRequest.Limit
        let cases: [(String, String, String)] = [
            ("nonce", String(repeating: "n", count: Limit.nonceBytes), "n"),
            ("login_hint", String(repeating: "n", count: Limit.hintBytes), "n"),
            ("id_token_hint", String(repeating: "n", count: Limit.idTokenHintBytes), "n"),
            ("acr_values", Array(repeating: "a", count: Limit.words).joined(separator: " "), " a"),
            ("ui_locales", Array(repeating: "a", count: Limit.words).joined(separator: " "), " a"),
        ]
        for (name, value, more) in cases {
            #expect(try Stage.request([name: value]).clientID == "app")
            #expect(throws: Stage.NotRead.self) { try Stage.request([name: value + more]) }
        }
        let wishes = (0..<ClaimsRequest.countLimit).map { "\"c\($0)\":null" }
        let fits = "{\"id_token\":{\(wishes.joined(separator: ","))}}"
        #expect(try Stage.request(["claims": fits]).claims.idToken.count == ClaimsRequest.countLimit)
        let tooMany = "{\"id_token\":{\((wishes + ["\"x\":null"]).joined(separator: ","))}}"
        #expect(throws: Stage.NotRead.self) { try Stage.request(["claims": tooMany]) }
        let padding = String(repeating: " ", count: ClaimsRequest.byteLimit - 2)
        #expect(try Stage.request(["claims": "{\(padding)}"]).claims == .none)
        #expect(throws: Stage.NotRead.self) { try Stage.request(["claims": "{ \(padding)}"]) }
    }

    @Test("Deep JSON in claims is refused")
    func deepClaims() throws {
        let deep = String(repeating: "{\"a\":", count: 1_000) + "1" + String(repeating: "}", count: 1_000)
        #expect(throws: Stage.NotRead.self) { try Stage.request(["claims": deep]) }
    }

    @Test("PKCE is asked of every client but a confidential one for which it was switched off")
    func proofKey() throws {
        let without: [String: String?] = ["code_challenge": nil, "code_challenge_method": nil]
        let basic = try Stage.client("app", ["require_pkce": false])
        #expect(try Stage.request(without, client: basic).codeChallenge == nil)
        #expect(try Stage.request([:], client: basic).codeChallenge == Stage.challenge)
        #expect(throws: Stage.NotRead.self) { try Stage.request(["code_challenge": nil], client: basic) }
        #expect(throws: Stage.NotRead.self) { try Stage.request(without, client: Stage.publicClient()) }
    }

    @Test("A client that has to push or sign its requests can do nothing else")
    func profiles() throws {
        let pushing = try Stage.client("app", ["require_pushed_authorization_requests": true])
        func read(_ client: ClientMetadata, _ origin: AuthorizationRequest.Origin) -> OAuthError.Code? {
            let reading = AuthorizationRequest.read(
                Stage.parameters(), client: client, origin: origin, rules: Stage.rules)
            if case .redirect(let response) = reading { return response.error?.code }
            return nil
        }
        #expect(read(pushing, .parameters) == .invalidRequest)
        #expect(read(pushing, .signed) == .invalidRequest)
        #expect(read(pushing, .pushed) == nil)
        let key = try SigningKey.generate(.es256)
        let signing = try Stage.client(
            "app", ["require_signed_request_object": true, "jwks": .object(Stage.document(key))])
        #expect(read(signing, .parameters) == .invalidRequest)
        #expect(read(signing, .pushed) == .invalidRequest)
        #expect(read(signing, .pushedSigned) == nil)
        #expect(read(signing, .signed) == nil)
    }

    @Test("The query of a registered address stays, and a client's other addresses are not used instead")
    func registeredQuery() throws {
        let client = try Stage.client("app", ["redirect_uris": ["https://app.example/cb?dummy1=lorem&dummy2=ipsum"]])
        let request = try Stage.request(
            ["redirect_uri": "https://app.example/cb?dummy1=lorem&dummy2=ipsum"], client: client)
        let response = AuthorizationResponse.code("c+d", to: request.target(issuer: Stage.issuer))
        #expect(
            response.location
                == "https://app.example/cb?dummy1=lorem&dummy2=ipsum&code=c%2Bd&state=xyz&iss=https%3A%2F%2Fop.example")
    }
}

@Suite("PKCE") struct ProofKeyTests {
    struct Vectors: Decodable {
        struct Negative: Decodable {
            let code_verifier: String
            let why: String
        }
        let code_verifier: String
        let code_challenge: String
        let negative: [Negative]
    }

    @Test("RFC 7636 appendix B: the verifier proves its challenge, and nothing that is near it does")
    func vectors() throws {
        let vectors = try Corpus.read("rfc/rfc7636-appendix-b", as: Vectors.self)
        #expect(ProofKey.challenge(of: vectors.code_verifier) == vectors.code_challenge)
        #expect(ProofKey.proves(vectors.code_verifier, vectors.code_challenge))
        #expect(vectors.negative.count == 4)
        for negative in vectors.negative {
            #expect(!ProofKey.proves(negative.code_verifier, vectors.code_challenge), "\(negative.why)")
        }
    }
}
