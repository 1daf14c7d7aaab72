import OAuth
import Testing

@Suite("What an authorization request needs next") struct AuthorizationStepTests {
    private let ada = SignedIn(
        subject: "ada", authentication: Authentication(time: Stage.now - 100, acr: "password", amr: ["pwd"]))
    private let all = Consent(scope: ScopeSet("openid profile email read") ?? .empty, claims: ["name"])

    private func step(
        _ members: [String: String?], _ situation: AuthorizationRequest.Situation
    ) throws -> AuthorizationStep {
        try Stage.request(members).step(situation, rules: Stage.rules, now: Stage.now)
    }

    private func signedIn(
        _ person: SignedIn? = nil, consent: Consent? = nil, hasAuthenticated: Bool = false, hasSelected: Bool = false,
        hasConsented: Bool = false, hint: String? = nil
    ) -> AuthorizationRequest.Situation {
        .init(
            signedIn: person ?? ada,
            progress: .init(
                hasAuthenticated: hasAuthenticated, hasSelectedAccount: hasSelected, hasConsented: hasConsented),
            consent: consent ?? all, hintedSubject: hint)
    }

    private var nobody: AuthorizationRequest.Situation { .init(signedIn: nil, consent: all) }

    private func demand(_ step: AuthorizationStep) -> AuthorizationStep.Demand? {
        if case .authenticate(let demand) = step { demand } else { nil }
    }

    private func refused(_ step: AuthorizationStep) -> OAuthError.Code? {
        if case .refuse(let error) = step { error.code } else { nil }
    }

    @Test("Nobody signed in: somebody has to, and with prompt=none the client is told")
    func signIn() throws {
        #expect(demand(try step(["login_hint": "ada@x"], nobody))?.loginHint == "ada@x")
        #expect(refused(try step(["prompt": "none"], nobody)) == .loginRequired)
        #expect(try step([:], signedIn()) == .issue)
        #expect(try step(["prompt": "none"], signedIn()) == .issue)
    }

    @Test("prompt=login asks again, once")
    func promptLogin() throws {
        #expect(demand(try step(["prompt": "login"], signedIn()))?.isForced == true)
        #expect(try step(["prompt": "login"], signedIn(hasAuthenticated: true)) == .issue)
    }

    @Test("max_age asks again when it was longer ago, and takes no time of the future")
    func maxAge() throws {
        #expect(try step(["max_age": "100"], signedIn()) == .issue)
        #expect(demand(try step(["max_age": "99"], signedIn()))?.isForced == true)
        #expect(try step(["max_age": "0"], signedIn(hasAuthenticated: true)) == .issue)
        #expect(refused(try step(["max_age": "99", "prompt": "none"], signedIn())) == .loginRequired)
        var early = ada
        early.authentication.time = Stage.now + 5
        #expect(demand(try step(["max_age": "99"], signedIn(early)))?.isForced == true)
    }

    @Test("acr_values step up; what cannot be reached is answered by what was, unless it is essential")
    func contexts() throws {
        #expect(demand(try step(["acr_values": "mfa"], signedIn()))?.acr == "mfa")
        #expect(demand(try step(["acr_values": "phr mfa"], signedIn()))?.acr == "mfa")
        #expect(try step(["acr_values": "password"], signedIn()) == .issue)
        #expect(try step(["acr_values": "1 2"], signedIn()) == .issue)
        #expect(try step(["acr_values": "mfa"], signedIn(hasAuthenticated: true)) == .issue)
        var strong = ada
        strong.authentication.acr = "phr"
        #expect(try step(["acr_values": "mfa"], signedIn(strong)) == .issue)
        let essential = #"{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}"#
        #expect(demand(try step(["claims": essential], signedIn(strong.weakened)))?.acr == "mfa")
        let all = Consent(scope: self.all.scope, claims: ["acr"])
        #expect(try step(["claims": essential], signedIn(strong, consent: all)) == .issue)
        #expect(
            refused(try step(["claims": essential], signedIn(hasAuthenticated: true)))
                == .unmetAuthenticationRequirements)
        let unknown = #"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#
        #expect(refused(try step(["claims": unknown], signedIn())) == .unmetAuthenticationRequirements)
    }

    @Test("A hint, or a sub that is asked for, lets nobody else through")
    func hints() throws {
        #expect(try step([:], signedIn(hint: "ada")) == .issue)
        #expect(demand(try step([:], signedIn(hint: "eve")))?.subject == "eve")
        #expect(refused(try step(["prompt": "none"], signedIn(hint: "eve"))) == .loginRequired)
        #expect(refused(try step([:], signedIn(hasAuthenticated: true, hint: "eve"))) == .loginRequired)
        let wanted = #"{"id_token":{"sub":{"value":"eve"}}}"#
        #expect(demand(try step(["claims": wanted], signedIn()))?.isForced == true)
    }

    @Test("Consent is asked for what is new, and again only for more: scopes, resources and claims")
    func consent() throws {
        let none = signedIn(consent: Consent())
        guard case .consent(let asked, let new) = try step([:], none) else {
            Issue.record("no consent was asked")
            return
        }
        #expect(asked == new && asked.scope == ScopeSet("openid profile"))
        guard case .consent(_, let more) = try step(["scope": "openid profile write"], signedIn()) else {
            Issue.record("a wider scope went through")
            return
        }
        #expect(more.scope == ScopeSet("write"))
        guard case .consent(_, let resource) = try step(["resource": "https://api.example/a"], signedIn()) else {
            Issue.record("another resource went through")
            return
        }
        #expect(resource.resources == ["https://api.example/a"])
        guard case .consent(_, let claim) = try step(["claims": #"{"userinfo":{"phone_number":null}}"#], signedIn())
        else {
            Issue.record("another claim went through")
            return
        }
        #expect(claim.claims == ["phone_number"])
        #expect(refused(try step(["prompt": "none", "scope": "openid write"], signedIn())) == .consentRequired)
        #expect(try step(["scope": "openid"], signedIn()) == .issue)
        #expect(try step([:], .init(signedIn: ada, consent: nil)) == .issue)
    }

    @Test("prompt=consent and prompt=select_account ask once")
    func asksOnce() throws {
        guard case .consent = try step(["prompt": "consent"], signedIn()) else {
            Issue.record("no consent was asked")
            return
        }
        #expect(try step(["prompt": "consent"], signedIn(hasConsented: true)) == .issue)
        #expect(try step(["prompt": "select_account"], signedIn()) == .selectAccount)
        #expect(try step(["prompt": "select_account"], signedIn(hasSelected: true)) == .issue)
    }

    @Test("Saying yes in one tab does not say yes to more in another")
    func otherTab() throws {
        guard case .consent = try step(["scope": "openid write"], signedIn(hasConsented: true)) else {
            Issue.record("a consent to less let more through")
            return
        }
    }

    @Test("What was consented to only grows")
    func growing() throws {
        let before = Consent(scope: ScopeSet("a b") ?? .empty, resources: ["u:1"], claims: ["x"])
        let more = Consent(scope: ScopeSet("b c") ?? .empty, resources: ["u:1", "u:2"], claims: ["y"])
        let after = before.adding(more)
        #expect(after == Consent(scope: ScopeSet("a b c") ?? .empty, resources: ["u:1", "u:2"], claims: ["x", "y"]))
        #expect(after?.missing(of: before).isEmpty == true)
    }
}

extension SignedIn {
    fileprivate var weakened: SignedIn {
        var weak = self
        weak.authentication.acr = "password"
        return weak
    }
}
