/// What has to happen next before a request can be answered.
public enum AuthorizationStep: Sendable, Hashable {
    /// Somebody has to prove who they are.
    case authenticate(Demand)
    /// Somebody has to say which of their accounts they mean.
    case selectAccount
    /// Somebody has to say whether the client may; `new` is what they have not been asked before.
    case consent(all: Consent, new: Consent)
    /// The client is told.
    case refuse(OAuthError)
    /// Everything is there.
    case issue

    /// What is asked of an authentication.
    public struct Demand: Sendable, Hashable {
        /// Whoever is signed in has to prove it again.
        public var isForced: Bool
        /// The weakest of the server's contexts that satisfies; nil when any does.
        public var acr: String?
        public var loginHint: String?
        /// Only this person will do: the one of the hint.
        public var subject: String?
    }
}

/// What has happened on the way of one request; the server keeps it beside the request.
public struct AuthorizationProgress: Sendable, Hashable, Codable {
    /// Somebody proved who they are for this request.
    public var hasAuthenticated: Bool
    public var hasSelectedAccount: Bool
    /// Somebody was asked for this request, and consented.
    public var hasConsented: Bool

    public init(hasAuthenticated: Bool = false, hasSelectedAccount: Bool = false, hasConsented: Bool = false) {
        self.hasAuthenticated = hasAuthenticated
        self.hasSelectedAccount = hasSelectedAccount
        self.hasConsented = hasConsented
    }
}

extension AuthorizationRequest {
    /// What an answer depends on beside the request.
    public struct Situation: Sendable, Hashable {
        public var signedIn: SignedIn?
        public var progress: AuthorizationProgress
        /// What was consented to before; nil when this client needs nobody's consent.
        public var consent: Consent?
        /// The `sub` of an `id_token_hint` that was verified.
        public var hintedSubject: String?

        public init(
            signedIn: SignedIn?, progress: AuthorizationProgress = .init(), consent: Consent?,
            hintedSubject: String? = nil
        ) {
            self.signedIn = signedIn
            self.progress = progress
            self.consent = consent
            self.hintedSubject = hintedSubject
        }
    }

    /// Says what has to happen next. Asked again after each step; it ends in `.issue` or `.refuse`.
    ///
    /// - Parameter now: in seconds since 1970.
    public func step(_ situation: Situation, rules: AuthorizationRules, now: Int64) -> AuthorizationStep {
        if let step = authenticationStep(situation, rules: rules, now: now) { return silenced(step) }
        if prompts.contains(.selectAccount), !situation.progress.hasSelectedAccount {
            return silenced(.selectAccount)
        }
        if let step = consentStep(situation) { return silenced(step) }
        return .issue
    }

    private func authenticationStep(_ situation: Situation, rules: AuthorizationRules, now: Int64)
        -> AuthorizationStep?
    {
        let wanted = wantedContext(rules)
        if wanted.isEssential, wanted.acr == nil {
            return .refuse(OAuthError(.unmetAuthenticationRequirements, "no such authentication context here"))
        }
        let person = situation.hintedSubject ?? claims.requiredSubject
        var demand = AuthorizationStep.Demand(
            isForced: false, acr: wanted.acr, loginHint: loginHint, subject: person)
        guard let signedIn = situation.signedIn else { return .authenticate(demand) }
        if let person, !Texts.same(person, signedIn.subject) {
            guard !situation.progress.hasAuthenticated else {
                return .refuse(OAuthError(.loginRequired, "somebody else is signed in"))
            }
            demand.isForced = true
            return .authenticate(demand)
        }
        if !situation.progress.hasAuthenticated, isStale(signedIn.authentication, now: now) {
            demand.isForced = true
            return .authenticate(demand)
        }
        return contextStep(wanted, signedIn, situation.progress, demand, rules)
    }

    /// §3.1.2.1: asked to, or longer ago than `max_age`.
    private func isStale(_ authentication: Authentication, now: Int64) -> Bool {
        if prompts.contains(.login) { return true }
        guard let maxAge else { return false }
        return authentication.time > now || now - authentication.time > maxAge
    }

    private func contextStep(
        _ wanted: WantedContext, _ signedIn: SignedIn, _ progress: AuthorizationProgress,
        _ demand: AuthorizationStep.Demand, _ rules: AuthorizationRules
    ) -> AuthorizationStep? {
        guard let acr = wanted.acr, !rules.reaches(signedIn.authentication.acr, acr) else { return nil }
        guard progress.hasAuthenticated else { return .authenticate(demand) }
        // §5.5.1.1: essential or nothing; what was voluntary is answered by the context that was reached.
        guard wanted.isEssential else { return nil }
        return .refuse(OAuthError(.unmetAuthenticationRequirements, "the authentication context was not reached"))
    }

    private struct WantedContext {
        /// The weakest context that satisfies, of those the server has.
        let acr: String?
        let isEssential: Bool
    }

    private func wantedContext(_ rules: AuthorizationRules) -> WantedContext {
        let essential = claims.essentialACRValues
        let asked = essential.isEmpty ? (acrValues.isEmpty ? claims.voluntaryACRValues : acrValues) : essential
        return WantedContext(
            acr: rules.acrValues.first { Texts.holds(asked, $0) }, isEssential: !essential.isEmpty)
    }

    private func consentStep(_ situation: Situation) -> AuthorizationStep? {
        let asked = Consent(for: self)
        let given = situation.consent
        let missing = given?.missing(of: asked) ?? Consent()
        guard !situation.progress.hasConsented else {
            // Consented to for this request, yet not in the record: another tab asked for less.
            return missing.isEmpty ? nil : .consent(all: asked, new: missing)
        }
        guard prompts.contains(.consent) || !missing.isEmpty else { return nil }
        return .consent(all: asked, new: missing)
    }

    /// With `prompt=none` nothing is asked of anybody: the client is told what would have been (§3.1.2.6).
    private func silenced(_ step: AuthorizationStep) -> AuthorizationStep {
        guard prompts.contains(.none) else { return step }
        return switch step {
        case .authenticate: .refuse(OAuthError(.loginRequired, "nobody is signed in, or not so"))
        case .selectAccount: .refuse(OAuthError(.accountSelectionRequired, "an account has to be selected"))
        case .consent: .refuse(OAuthError(.consentRequired, "consent has to be given"))
        case .refuse, .issue: step
        }
    }
}

extension AuthorizationRules {
    /// Whether a context is the wanted one or a stronger one of this server's.
    public func reaches(_ reached: String?, _ wanted: String) -> Bool {
        guard let reached else { return false }
        guard let place = acrValues.firstIndex(where: { Texts.same($0, reached) }),
            let least = acrValues.firstIndex(where: { Texts.same($0, wanted) })
        else { return Texts.same(reached, wanted) }
        return place >= least
    }
}
