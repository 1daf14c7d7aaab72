import Vocabulary

/// A way to sign in, as the flow needs to know it.
public struct LoginProvider: Sendable, Hashable {
    public let id: ProviderID
    /// E-mail domains whose people belong here, as `NameKey` forms.
    public let domains: Set<String>
    /// Whether a person may pick it by hand.
    public let isChoosable: Bool
    /// Whether people are sent there to sign in. No password is taken for it here.
    public let isRedirect: Bool
    /// Whether it proves several factors where it is asked to.
    public let asksForFactors: Bool

    public init(
        id: ProviderID, domains: Set<String> = [], isChoosable: Bool = true, isRedirect: Bool = false,
        asksForFactors: Bool = false
    ) {
        self.id = id
        self.domains = domains
        self.isChoosable = isChoosable
        self.isRedirect = isRedirect
        self.asksForFactors = asksForFactors
    }
}

/// Home-realm discovery: which provider a login belongs to, decided from its text alone, before any password is sent
/// and without asking whether the login exists.
public struct HomeRealms: Sendable, Hashable {
    /// Enabled providers, in the order they are shown.
    public let providers: [LoginProvider]
    /// For logins no domain claims.
    public let fallback: ProviderID?

    public init(providers: [LoginProvider], fallback: ProviderID? = nil) {
        self.providers = providers
        self.fallback = fallback
    }

    /// The provider for a login: the one that claims its domain, else the fallback, else the only one where passwords are
    /// typed, or the only one there is; nil when the person has to choose. Never a second guess after a refusal.
    public func provider(forLogin login: String) -> ProviderID? {
        if let domain = NameKey.domain(of: login), let claimed = providers.first(where: { $0.domains.contains(domain) })
        {
            return claimed.id
        }
        if let fallback, isEnabled(fallback) { return fallback }
        let typed = providers.filter { !$0.isRedirect }
        if typed.count == 1 { return typed[0].id }
        return providers.count == 1 ? providers[0].id : nil
    }

    /// Whether this provider takes part in logins at all; a proof of one that does not is refused.
    public func isEnabled(_ id: ProviderID) -> Bool { providers.contains { $0.id == id } }

    /// Whether people are sent to this provider to sign in.
    public func isRedirect(_ id: ProviderID) -> Bool { providers.contains { $0.id == id && $0.isRedirect } }

    /// Whether people are sent to this provider to prove several factors.
    public func asksForFactors(_ id: ProviderID) -> Bool {
        providers.contains { $0.id == id && $0.isRedirect && $0.asksForFactors }
    }

    /// Whether a person may pick this provider on the first page.
    public func isChoosable(_ id: ProviderID) -> Bool { providers.contains { $0.id == id && $0.isChoosable } }
}

/// What the store knows of the person a proof names, loaded after the proof and before the decision.
public struct LoginSubjectFacts: Sendable, Hashable {
    public let person: PersonID
    public let tenant: TenantID
    public let isActive: Bool
    /// The second factors this person has enrolled.
    public let enrolledFactors: Set<AuthenticationMethod>
    /// Whether one of the person's roles requires two factors.
    public let rolesRequireMFA: Bool
    /// Whether a rule of the organization demands two factors of this sign-in.
    public let rulesRequireMFA: Bool
    /// Whether a rule of the organization refuses it, whatever is proven.
    public let isBarred: Bool
    /// Whether a role, a policy or an application may ask this person for two factors, now or later.
    public let mayBeAskedForMFA: Bool
    /// Whether the person may have a local password: set-up and reset links set one only then.
    public let mayHaveLocalPassword: Bool

    public init(
        person: PersonID, tenant: TenantID, isActive: Bool, enrolledFactors: Set<AuthenticationMethod> = [],
        rolesRequireMFA: Bool = false, rulesRequireMFA: Bool = false, isBarred: Bool = false,
        mayBeAskedForMFA: Bool = false, mayHaveLocalPassword: Bool = true
    ) {
        self.person = person
        self.tenant = tenant
        self.isActive = isActive
        self.enrolledFactors = enrolledFactors
        self.rolesRequireMFA = rolesRequireMFA
        self.rulesRequireMFA = rulesRequireMFA
        self.isBarred = isBarred
        self.mayBeAskedForMFA = mayBeAskedForMFA || rolesRequireMFA || rulesRequireMFA
        self.mayHaveLocalPassword = mayHaveLocalPassword
    }
}

/// Everything outside the record that a decision depends on.
public struct LoginContext: Sendable, Hashable {
    /// The hash of the pre-session secret this request presented; nil without the cookie.
    public let browser: TokenHash?
    public let realms: HomeRealms
    /// The facts of the person in question, nil while nobody is proven.
    public let subject: LoginSubjectFacts?
    /// Whether the application or the policy asks for two factors.
    public let requestRequiresMFA: Bool
    /// The row of the session that a step-up strengthens, as it is now.
    public let stepUpSession: Session?
    /// What stands out about the password that was proven just now.
    public let anomalies: [LoginAnomaly]

    public init(
        browser: TokenHash?, realms: HomeRealms, subject: LoginSubjectFacts? = nil, requestRequiresMFA: Bool = false,
        stepUpSession: Session? = nil, anomalies: [LoginAnomaly] = []
    ) {
        self.browser = browser
        self.realms = realms
        self.subject = subject
        self.requestRequiresMFA = requestRequiresMFA
        self.stepUpSession = stepUpSession
        self.anomalies = anomalies
    }
}
