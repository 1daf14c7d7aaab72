import JOSE
import OAuth
import Testing

@Suite("Redeeming codes") struct AuthorizationCodeTests {
    private let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

    private func code(_ members: [String: String?] = [:], client: ClientMetadata? = nil) throws -> AuthorizationCode {
        let request = try Stage.request(members, client: client)
        return AuthorizationCode(
            request, grantID: "g1", subject: "ada", scope: request.scope, resources: request.resources,
            authentication: Authentication(time: Stage.now - 10), now: Stage.now)
    }

    private func redemption(_ members: [String: String?] = [:]) throws -> CodeRedemption {
        var parameters = Parameters([
            ("grant_type", "authorization_code"), ("code", "c0de"), ("redirect_uri", "https://app.example/cb"),
            ("code_verifier", Stage.verifier),
        ])
        for (name, value) in members { parameters.set(name, value) }
        guard case .authorizationCode(let redemption) = try TokenRequest.read(parameters, client: Stage.client()) else {
            throw OAuthError(.serverError)
        }
        return redemption
    }

    private func redeem(
        _ code: AuthorizationCode, _ redemption: CodeRedemption, wasUsed: Bool = false,
        by client: ClientMetadata? = nil,
        binding: SenderBinding = .none, now: Int64 = Stage.now
    ) throws -> AuthorizationCode.Outcome {
        code.redeem(
            redemption, wasUsed: wasUsed, by: try Stage.authenticated(client ?? Stage.client()), binding: binding,
            now: now)
    }

    private func refused(_ outcome: AuthorizationCode.Outcome) -> OAuthError.Code? {
        if case .refused(let error) = outcome { error.code } else { nil }
    }

    @Test("A right redemption grants what was consented to")
    func right() throws {
        let outcome = try redeem(code(), redemption())
        guard case .granted(let grant) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(grant.scope == ScopeSet("openid profile") && grant.subject == "ada" && grant.nonce == "n-1")
        #expect(grant.issuesIDToken && grant.clientID == "app")
    }

    @Test("A code is good for 60 seconds")
    func expiry() throws {
        #expect(AuthorizationCode.lifetime == 60)
        #expect(refused(try redeem(code(), redemption(), now: Stage.now + 59)) == nil)
        #expect(refused(try redeem(code(), redemption(), now: Stage.now + 60)) == .invalidGrant)
    }

    @Test("A used code ends the grant, but only its own client can do that")
    func replay() throws {
        guard case .replayed("g1", let error) = try redeem(code(), redemption(), wasUsed: true) else {
            Issue.record("not a replay")
            return
        }
        #expect(error.code == .invalidGrant)
        let other = try Stage.client("other")
        #expect(refused(try redeem(code(), redemption(), wasUsed: true, by: other)) == .invalidGrant)
    }

    @Test("Another client, another address, and an address left out without PKCE")
    func bindings() throws {
        #expect(refused(try redeem(code(), redemption(), by: Stage.client("other"))) == .invalidGrant)
        #expect(refused(try redeem(code(), redemption(["redirect_uri": "https://app.example/cb/"]))) == .invalidGrant)
        #expect(refused(try redeem(code(), redemption(["redirect_uri": nil]))) == nil)
        let basic = try Stage.client("app", ["require_pkce": false])
        let without = try code(["code_challenge": nil, "code_challenge_method": nil], client: basic)
        #expect(refused(try redeem(without, redemption(["code_verifier": nil]))) == nil)
        let nothing = try redemption(["code_verifier": nil, "redirect_uri": nil])
        #expect(refused(try redeem(without, nothing)) == .invalidGrant)
    }

    @Test("PKCE: with and without challenge, with, without and with a wrong verifier")
    func proofKey() throws {
        let basic = try Stage.client("app", ["require_pkce": false])
        let without = try code(["code_challenge": nil, "code_challenge_method": nil], client: basic)
        let wrong = String(repeating: "a", count: 43)
        #expect(refused(try redeem(code(), redemption(["code_verifier": nil]))) == .invalidGrant)
        #expect(refused(try redeem(code(), redemption(["code_verifier": wrong]))) == .invalidGrant)
        #expect(refused(try redeem(code(), redemption(["code_verifier": Stage.challenge]))) == .invalidGrant)
        #expect(refused(try redeem(without, redemption())) == .invalidGrant)
        #expect(refusal { try redemption(["code_verifier": "short"]) } == .invalidGrant)
        #expect(refusal { try redemption(["code_verifier": String(repeating: "a", count: 129)]) } == .invalidGrant)
    }

    @Test("A code asked for with a key is redeemed with that key")
    func boundCode() throws {
        let bound = try code(["dpop_jkt": key])
        let right = SenderBinding(keyThumbprint: key)
        #expect(refused(try redeem(bound, redemption(), binding: right)) == nil)
        #expect(refused(try redeem(bound, redemption())) == .invalidGrant)
        #expect(
            refused(try redeem(bound, redemption(), binding: SenderBinding(keyThumbprint: Stage.challenge)))
                == .invalidGrant)
    }

    @Test("Resources can become fewer, never more")
    func resources() throws {
        let code = try code(["resource": "https://api.example/a"])
        func redeemed(_ resource: String) throws -> AuthorizationCode.Outcome {
            try redeem(code, redemption(["resource": resource]))
        }
        #expect(refused(try redeemed("https://api.example/a")) == nil)
        #expect(refused(try redeemed("https://api.example/b")) == .invalidTarget)
    }

    @Test("What policy takes away is gone, and nothing is added")
    func narrowed() throws {
        let request = try Stage.request(["scope": "openid read"])
        let code = AuthorizationCode(
            request, grantID: "g1", subject: "ada", scope: ScopeSet("openid write") ?? .empty, resources: [],
            authentication: Authentication(time: 0), now: Stage.now)
        #expect(code.scope == ScopeSet("openid"))
        let less = Stage.grant(scope: "openid read").narrowed(to: ScopeSet("read write") ?? .empty, resources: ["u:1"])
        #expect(less.scope == ScopeSet("read") && less.resources.isEmpty)
    }

    @Test("A record survives being written and read")
    func stored() throws {
        let code = try code(["claims": #"{"userinfo":{"name":null}}"#, "resource": "https://api.example/a"])
        #expect(try Corpus.roundTrip(code) == code)
        let pushed = PushedRequest(code.request, now: Stage.now)
        #expect(try Corpus.roundTrip(pushed) == pushed)
        let family = RefreshFamily(Stage.grant(), client: try Stage.client(), now: Stage.now)
        #expect(try Corpus.roundTrip(family) == family)
    }
}

@Suite("Refreshing tokens") struct RefreshFamilyTests {
    private let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    private let live = RefreshFamily.Token(expiresAt: Stage.now + 100, wasUsed: false)

    private func request(_ members: [String: String?] = [:]) throws -> RefreshRequest {
        var parameters = Parameters([("grant_type", "refresh_token"), ("refresh_token", "r3fresh")])
        for (name, value) in members { parameters.set(name, value) }
        guard case .refreshToken(let request) = try TokenRequest.read(parameters, client: Stage.client()) else {
            throw OAuthError(.serverError)
        }
        return request
    }

    private func family(_ client: ClientMetadata, binding: SenderBinding = .none) -> RefreshFamily {
        RefreshFamily(
            Stage.grant(
                client: client.clientID, scope: "openid profile offline_access",
                resources: ["https://api.example/a", "https://api.example/b"], binding: binding),
            client: client, now: Stage.now - 50)
    }

    private func refused(_ outcome: RefreshFamily.Outcome) -> OAuthError.Code? {
        if case .refused(let error) = outcome { error.code } else { nil }
    }

    @Test("A refresh rotates, keeps what was granted, and repeats no nonce")
    func right() throws {
        let client = try Stage.client()
        let outcome = family(client).refresh(
            try request(), token: live, by: try Stage.authenticated(client), binding: .none, now: Stage.now)
        guard case .rotated(let grant, let expiresAt) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(grant.scope == ScopeSet("openid profile offline_access") && grant.nonce == nil)
        #expect(grant.authentication == Stage.grant().authentication)
        #expect(expiresAt == Stage.now + RefreshFamily.Lifetimes().idle)
    }

    @Test("A used token ends the grant; another client's, and an expired one, end nothing")
    func reuse() throws {
        let client = try Stage.authenticated(Stage.client())
        let other = try Stage.authenticated(Stage.client("other"))
        let family = try family(Stage.client())
        let used = RefreshFamily.Token(expiresAt: Stage.now + 100, wasUsed: true)
        guard
            case .reused("g1", let error) = family.refresh(
                try request(), token: used, by: client, binding: .none, now: Stage.now)
        else {
            Issue.record("no reuse was seen")
            return
        }
        #expect(error.code == .invalidGrant)
        #expect(
            refused(family.refresh(try request(), token: used, by: other, binding: .none, now: Stage.now))
                == .invalidGrant)
        #expect(
            refused(family.refresh(try request(), token: live, by: other, binding: .none, now: Stage.now))
                == .invalidGrant)
        #expect(
            refused(family.refresh(try request(), token: live, by: client, binding: .none, now: Stage.now + 100))
                == .invalidGrant)
        let eternal = RefreshFamily.Token(expiresAt: .max, wasUsed: false)
        #expect(
            refused(family.refresh(try request(), token: eternal, by: client, binding: .none, now: family.endsAt))
                == .invalidGrant)
        #expect(family.expiry(now: family.endsAt - 1) == family.endsAt)
    }

    @Test("Scopes and resources can become fewer, never more")
    func narrowing() throws {
        let client = try Stage.authenticated(Stage.client())
        let family = try family(Stage.client())
        func refresh(_ members: [String: String?]) throws -> RefreshFamily.Outcome {
            family.refresh(try request(members), token: live, by: client, binding: .none, now: Stage.now)
        }
        guard case .rotated(let grant, _) = try refresh(["scope": "openid", "resource": "https://api.example/b"]) else {
            Issue.record("not refreshed")
            return
        }
        #expect(grant.scope == ScopeSet("openid") && grant.resources == ["https://api.example/b"])
        #expect(refused(try refresh(["scope": "openid write"])) == .invalidScope)
        #expect(refused(try refresh(["resource": "https://api.example/c"])) == .invalidTarget)
    }

    @Test("A public client's token is bound to its key; a confidential client proves itself and any key")
    func keys() throws {
        let open = try Stage.publicClient()
        let bound = SenderBinding(keyThumbprint: key)
        let other = SenderBinding(keyThumbprint: Stage.challenge)
        func refresh(_ client: ClientMetadata, _ binding: SenderBinding) throws -> RefreshFamily.Outcome {
            family(client, binding: bound).refresh(
                try request(), token: live, by: try Stage.authenticated(client), binding: binding, now: Stage.now)
        }
        #expect(refused(try refresh(open, bound)) == nil)
        #expect(refused(try refresh(open, other)) == .invalidDPoPProof)
        #expect(refused(try refresh(open, .none)) == .invalidDPoPProof)
        let confidential = try Stage.client()
        #expect(refused(try refresh(confidential, other)) == nil)
        #expect(refused(try refresh(confidential, .none)) == .invalidDPoPProof)
    }

    @Test("FAPI clients keep their token")
    func kept() throws {
        let signing = try SigningKey.generate(.es256)
        let client = try Stage.client(
            "app",
            [
                "profile": "fapi2_security", "token_endpoint_auth_method": "private_key_jwt",
                "jwks": .object(Stage.document(signing)), "dpop_bound_access_tokens": true,
            ])
        let outcome = family(client).refresh(
            try request(), token: live, by: try Stage.authenticated(client, key: signing), binding: .none,
            now: Stage.now)
        guard case .kept = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test("A refresh token goes with who is away and asked for it")
    func given() throws {
        let client = try Stage.client()
        #expect(RefreshFamily.goes(with: Stage.grant(scope: "openid offline_access"), client: client))
        #expect(!RefreshFamily.goes(with: Stage.grant(scope: "openid"), client: client))
        #expect(RefreshFamily.goes(with: Stage.grant(scope: "read"), client: client))
        #expect(!RefreshFamily.goes(with: Stage.grant(subject: nil, scope: "read"), client: client))
        let without = try Stage.client("app", ["grant_types": ["authorization_code"]])
        #expect(!RefreshFamily.goes(with: Stage.grant(scope: "openid offline_access"), client: without))
    }
}
