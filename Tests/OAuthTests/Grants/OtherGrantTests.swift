import JOSE
import OAuth
import Testing

@Suite("Token requests") struct TokenRequestTests {
    private func read(_ pairs: [(String, String)], client: ClientMetadata? = nil) throws -> TokenRequest {
        try TokenRequest.read(Parameters(pairs), client: client ?? Stage.client())
    }

    @Test("A grant that is missing, absent, or not the client's")
    func grants() throws {
        #expect(refusal { try read([]) } == .invalidRequest)
        for name in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "Authorization_Code"] {
            #expect(refusal { try read([("grant_type", name)]) } == .unsupportedGrantType, "\(name)")
        }
        let code = try Stage.client("app", ["grant_types": ["authorization_code"]])
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", "r")]
        #expect(refusal { try read(refresh, client: code) } == .unauthorizedClient)
        #expect(refusal { try read([("grant_type", "authorization_code")]) } == .invalidRequest)
        let long = String(repeating: "c", count: TokenRequest.handleByteLimit)
        #expect(refusal { try read([("grant_type", "authorization_code"), ("code", long)]) } == nil)
        #expect(refusal { try read([("grant_type", "authorization_code"), ("code", long + "c")]) } == .invalidGrant)
    }

    @Test("A client acts for itself within its scopes, and for nobody else")
    func clientCredentials() throws {
        func read(_ scope: String?, _ resource: String? = nil) throws -> TokenRequest {
            var pairs = [("grant_type", "client_credentials")]
            if let scope { pairs.append(("scope", scope)) }
            if let resource { pairs.append(("resource", resource)) }
            return try self.read(pairs)
        }
        guard case .clientCredentials(let request) = try read("read write", "https://api.example/a") else {
            Issue.record("not read")
            return
        }
        let grant = request.grant(try Stage.authenticated(Stage.client()), grantID: "g", binding: .none)
        #expect(grant.subject == nil && grant.scope == ScopeSet("read write") && !grant.issuesIDToken)
        #expect(refusal { try read("admin") } == .invalidScope)
        #expect(refusal { try read("openid") } == .invalidScope)
        #expect(refusal { try read("offline_access") } == .invalidScope)
        #expect(refusal { try read("a  b") } == .invalidScope)
        #expect(refusal { try read("read", "https://other.example/") } == .invalidTarget)
    }
}

@Suite("Devices") struct DeviceAuthorizationTests {
    private let authentication = Authentication(time: Stage.now)

    private func request(_ pairs: [(String, String)] = [("scope", "openid read")], proof: String? = nil) throws
        -> DeviceRequest
    {
        try DeviceRequest(Parameters(pairs), client: Stage.authenticated(Stage.client()), proof: proof)
    }

    private func poll(
        _ state: DeviceAuthorization.State, asked: Int64? = nil, interval: Int64 = 5, by client: ClientMetadata? = nil,
        binding: SenderBinding = .none, now: Int64 = Stage.now, proof: String? = nil
    ) throws -> DeviceAuthorization.Outcome {
        let waiting = DeviceAuthorization(
            try request(proof: proof), state: state, expiresAt: Stage.now + DeviceRequest.lifetime, lastAskedAt: asked,
            interval: interval)
        return waiting.poll(by: try Stage.authenticated(client ?? Stage.client()), binding: binding, now: now)
    }

    private func refused(_ outcome: DeviceAuthorization.Outcome) -> OAuthError.Code? {
        if case .refused(let error) = outcome { error.code } else { nil }
    }

    @Test("A device waits, waits longer when it asks too soon, and is told what somebody said")
    func polling() throws {
        #expect(try poll(.pending) == .wait(OAuthError(.authorizationPending), interval: 5))
        #expect(try poll(.pending, asked: Stage.now - 5) == .wait(OAuthError(.authorizationPending), interval: 5))
        #expect(try poll(.pending, asked: Stage.now - 4) == .wait(OAuthError(.slowDown), interval: 10))
        #expect(try poll(.pending, asked: Stage.now, interval: 60) == .wait(OAuthError(.slowDown), interval: 60))
        #expect(refused(try poll(.denied)) == .accessDenied)
        #expect(refused(try poll(.pending, now: Stage.now + DeviceRequest.lifetime)) == .expiredToken)
        #expect(refused(try poll(.redeemed)) == .invalidGrant)
        #expect(refused(try poll(.pending, by: Stage.client("other"))) == .invalidGrant)
    }

    @Test("What somebody allowed is granted, bound to what the device proves, and to no other client")
    func allowed() throws {
        let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        let grant = try request().grant(
            grantID: "g1", subject: "ada", scope: ScopeSet("read write") ?? .empty, authentication: authentication)
        #expect(grant.scope == ScopeSet("read"))
        let binding = SenderBinding(keyThumbprint: key)
        guard case .granted(let bound) = try poll(.allowed(grant), binding: binding) else {
            Issue.record("not granted")
            return
        }
        #expect(bound.binding == binding && bound.subject == "ada")
        #expect(refused(try poll(.allowed(grant), by: Stage.client("other"))) == .invalidGrant)
        #expect(refused(try poll(.allowed(grant), now: Stage.now + DeviceRequest.lifetime)) == .expiredToken)
        #expect(refused(try poll(.allowed(grant), proof: key)) == .invalidGrant)
    }

    @Test("Only what waits can be decided")
    func deciding() throws {
        let grant = Stage.grant()
        let states: [(DeviceAuthorization.State, Bool)] = [
            (.pending, true), (.denied, false), (.allowed(grant), false), (.redeemed, false),
        ]
        for (state, isOpen) in states {
            let device = DeviceAuthorization(try request(), state: state, expiresAt: Stage.now + 1)
            #expect(device.canBeDecided(now: Stage.now) == isOpen)
            #expect(!device.canBeDecided(now: Stage.now + 1))
        }
    }

    @Test("What a device may not ask for")
    func requests() throws {
        #expect(refusal { try request([]) } == .invalidScope)
        #expect(refusal { try request([("scope", "admin")]) } == .invalidScope)
        #expect(refusal { try request([("scope", "read"), ("resource", "https://x.example/")]) } == .invalidTarget)
        let without = try Stage.authenticated(Stage.client("app", ["grant_types": ["authorization_code"]]))
        #expect(
            refusal { try DeviceRequest(Parameters([("scope", "read")]), client: without, proof: nil) }
                == .unauthorizedClient)
    }

    @Test("A user code is eight of twenty letters, drawn evenly and read however it is typed")
    func userCodes() throws {
        let code = try #require(UserCode.make(random: [0, 19, 20, 239, 240, 255, 41, 42, 43, 44]))
        #expect(code == "BZBZCDFG")
        #expect(UserCode.make(random: [UInt8](repeating: 250, count: 64)) == nil)
        #expect(UserCode.shown(code) == "BZBZ-CDFG")
        for typed in ["BZBZ-CDFG", "bzbzcdfg", " bzbz cdfg ", "B-Z-B-Z-C-D-F-G"] {
            #expect(UserCode.typed(typed) == code, "\(typed)")
        }
        for typed in [
            "", "BZBZCDF", "BZBZCDFGH", "AZBZCDFG", "BZBZCDF1", "BZBZ\u{212A}DFG", String(repeating: "-", count: 65),
        ] {
            #expect(UserCode.typed(typed) == nil, "\(typed)")
        }
        let answer = DeviceAnswer.json(deviceCode: "d", userCode: code, verificationURI: "https://op.example/device")
        #expect(answer["user_code"] == "BZBZ-CDFG" && answer["expires_in"] == 600)
        #expect(answer["verification_uri_complete"] == "https://op.example/device?user_code=BZBZ-CDFG")
    }

    @Test("Five wrong codes are enough for ten minutes")
    func attempts() {
        var attempts = UserCode.Attempts(now: Stage.now)
        for _ in 0..<UserCode.Attempts.limit {
            #expect(attempts.isAllowed(now: Stage.now))
            attempts = attempts.afterWrong(now: Stage.now)
        }
        #expect(!attempts.isAllowed(now: Stage.now))
        #expect(!attempts.isAllowed(now: Stage.now + UserCode.Attempts.window - 1))
        #expect(attempts.isAllowed(now: Stage.now + UserCode.Attempts.window))
    }
}

@Suite("Token exchange") struct TokenExchangeTests {
    private let client: ClientMetadata

    init() throws { client = try Stage.client("gateway") }

    private func proven(
        client: String? = "gateway", audiences: [String] = [], scope: String = "openid read write",
        actor: ActorChain? = nil, mayAct: String? = nil, binding: SenderBinding = .none, expires: Int64 = 100
    ) -> TokenExchange.Proven {
        TokenExchange.Proven(
            subject: "ada", clientID: client, audiences: audiences, scope: ScopeSet(scope) ?? .empty, binding: binding,
            actor: actor, mayAct: mayAct.map { ActorChain.Actor(subject: $0) }, grantID: "g0",
            expiresAt: Stage.now + expires)
    }

    private func exchange(
        _ subject: TokenExchange.Proven, _ members: [(String, String)] = [], actor: TokenExchange.Proven? = nil,
        policy: TokenExchange.Policy = .init(audiences: ["billing"]), binding: SenderBinding = .none
    ) throws -> TokenExchange.Result {
        var parameters = Parameters([
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", "t"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ])
        if actor != nil {
            parameters.set("actor_token", "a")
            parameters.set("actor_token_type", "urn:ietf:params:oauth:token-type:access_token")
        }
        for (name, value) in members { parameters.set(name, value) }
        guard case .tokenExchange(let request) = try TokenRequest.read(parameters, client: client) else {
            throw OAuthError(.serverError)
        }
        return try TokenExchange.decide(
            request, subject: subject, actor: actor, by: Stage.authenticated(client), policy: policy, binding: binding,
            now: Stage.now)
    }

    @Test("The new token has fewer scopes, names who acts, hangs on the same grant and lives no longer")
    func right() throws {
        let result = try exchange(proven(), [("scope", "read"), ("audience", "billing")])
        #expect(result.grant.scope == ScopeSet("read") && result.grant.resources == ["billing"])
        #expect(result.grant.subject == "ada" && result.grant.grantID == "g0")
        #expect(result.grant.actor?.claim == ["sub": "gateway"])
        #expect(result.expiresAt == Stage.now + 100)
        #expect(!result.grant.issuesIDToken)
        #expect(try exchange(proven()).grant.scope == ScopeSet("read write"))
    }

    @Test("A wider scope, a foreign audience, somebody else's token, an expired one")
    func escalation() throws {
        #expect(refusal { try exchange(proven(), [("scope", "read admin")]) } == .invalidScope)
        #expect(refusal { try exchange(proven(scope: "read"), [("scope", "write")]) } == .invalidScope)
        #expect(refusal { try exchange(proven(), [("audience", "payroll")]) } == .invalidTarget)
        #expect(refusal { try exchange(proven(), [("resource", "https://x.example/")]) } == .invalidTarget)
        #expect(refusal { try exchange(proven(client: "other")) } == .invalidGrant)
        #expect(refusal { try exchange(proven(client: "other", audiences: ["billing"])) } == .invalidGrant)
        #expect(refusal { try exchange(proven(client: "other", audiences: ["gateway"])) } == nil)
        #expect(refusal { try exchange(proven(expires: 0)) } == .invalidGrant)
        #expect(refusal { try exchange(proven(), actor: proven(client: "other")) } == .invalidGrant)
    }

    @Test("A bound token is exchanged by its client with its key")
    func bound() throws {
        let key = SenderBinding(keyThumbprint: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(refusal { try exchange(proven(binding: key)) } == .invalidGrant)
        #expect(refusal { try exchange(proven(binding: key), binding: key) } == nil)
        let certificate = SenderBinding(certificateThumbprint: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        let other = SenderBinding(certificateThumbprint: Stage.challenge)
        #expect(refusal { try exchange(proven(binding: certificate)) } == .invalidGrant)
        #expect(refusal { try exchange(proven(binding: certificate), binding: other) } == .invalidGrant)
        #expect(refusal { try exchange(proven(binding: certificate), binding: certificate) } == nil)
    }

    @Test("may_act says who may")
    func mayAct() throws {
        #expect(refusal { try exchange(proven(mayAct: "gateway")) } == nil)
        #expect(refusal { try exchange(proven(mayAct: "other")) } == .invalidGrant)
    }

    @Test("Who acted before stays named, and the chain ends at four")
    func chain() throws {
        let three = try #require(ActorChain([.init(subject: "c"), .init(subject: "b"), .init(subject: "a")]))
        let result = try exchange(proven(actor: three))
        #expect(result.grant.actor?.actors.map(\.subject) == ["gateway", "c", "b", "a"])
        let four = try #require(three.adding(.init(subject: "d")))
        #expect(refusal { try exchange(proven(actor: four)) } == .invalidGrant)
        #expect(ActorChain(try #require(four.claim.object.map { .object($0) })) == four)
        #expect(ActorChain(["sub": "e", "act": four.claim]) == nil)
        #expect(ActorChain(["act": ["sub": "x"]]) == nil)
        let impersonating = TokenExchange.Policy(mayImpersonate: true)
        #expect(try exchange(proven(), policy: impersonating).grant.actor == nil)
        #expect(try exchange(proven(actor: three), policy: impersonating).grant.actor == three)
    }

    @Test(
        "Malformed exchanges are refused",
        arguments: [
            [("subject_token", "")], [("subject_token_type", "")], [("subject_token_type", "urn:x")],
            [("actor_token", "a")], [("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")],
            [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            [("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")],
            [("subject_token", String(repeating: "t", count: TokenExchangeRequest.tokenByteLimit + 1))],
        ])
    func malformed(members: [(String, String)]) {
        #expect(refusal { try exchange(proven(), members) } == .invalidRequest)
    }
}
