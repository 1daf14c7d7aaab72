import Vocabulary

/// One attempt to log in, from the first page to the session: a versioned record, persisted between requests.
///
/// It holds no password, no code and no typed login (people type passwords into that field). It changes only through
/// `decide`, which is pure; the store writes it back where `revision` is still the one that was read.
public struct LoginFlow: Sendable, Hashable, Codable {
    /// The layout of this record. A record of a newer layout is refused, not guessed at.
    public static let currentSchema = 1

    public let schema: Int
    public let id: FlowID
    public let tenant: TenantID
    /// The hash of the pre-session cookie's secret: the flow belongs to that browser alone.
    public let browserBinding: TokenHash
    public let request: LoginRequest
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    /// Grows by one at every transition; a proof given for an older revision is refused.
    public internal(set) var revision: Int64
    public internal(set) var step: LoginStep
    /// Chosen before any password is sent, and then fixed.
    public internal(set) var provider: ProviderID?
    /// Fixed by the first proof (or from the start, for step-up): every later proof must be of the same person.
    public internal(set) var subject: PersonID?
    public internal(set) var proofs: [LoginProof]
    /// A change of password that must happen before the flow can complete.
    public internal(set) var passwordChange: PasswordChangeReason?
    /// Proofs of the session being strengthened, by the same person; empty otherwise.
    public internal(set) var carried: [AuthenticationEvent]
    /// Whether a set-up or invitation link was opened: what lets a first second factor be enrolled.
    public internal(set) var mayEnrolFirstFactor: Bool
    /// The factor being enrolled.
    public internal(set) var enrolling: AuthenticationMethod?
    public internal(set) var primaryFailures: Int
    public internal(set) var secondFactorFailures: Int
    /// What stood out when the password was right; nil where nothing did.
    public internal(set) var anomalies: [LoginAnomaly]?
    /// Whether a provider was gone to because it proves several factors; nil where none was.
    public internal(set) var wentForFactors: Bool?

    /// Time enough to find a telephone, too little to leave a browser open over lunch.
    public static let lifetime: Duration = .minutes(15)
}

/// What the login was asked for: fixed when the flow begins.
public struct LoginRequest: Sendable, Hashable, Codable {
    public let application: ApplicationID?
    /// Already validated by the caller against the application's own origins.
    public let returnTarget: String?
    /// The least strength that satisfies the request (`acr_values`, RFC 9470).
    public let demandedStrength: AuthenticationStrength
    /// The oldest primary proof that satisfies it, in seconds (`max_age`, OpenID Connect Core §3.1.2.1).
    public let maxAgeSeconds: Int64?
    /// The live session this flow strengthens: its person is the flow's person.
    public let stepUpOf: SessionID?
    /// The client of the authorization server that sent the person here, for its name on the pages.
    public let client: ClientID?
    /// The application that sent the person here by SAML, likewise.
    public let samlApplication: SAMLApplicationID?
    /// Nobody may be asked anything, here or behind us (`IsPassive`, SAML Core §3.4.1): what would show a page leads back to
    /// the return target instead. Nil for a login that may ask.
    public let isPassive: Bool?

    public init(
        application: ApplicationID? = nil, returnTarget: String? = nil,
        demandedStrength: AuthenticationStrength = .aal1, maxAgeSeconds: Int64? = nil, stepUpOf: SessionID? = nil,
        client: ClientID? = nil, samlApplication: SAMLApplicationID? = nil, isPassive: Bool? = nil
    ) {
        self.application = application
        self.returnTarget = returnTarget
        self.demandedStrength = demandedStrength
        self.maxAgeSeconds = maxAgeSeconds.map { max(0, $0) }
        self.stepUpOf = stepUpOf
        self.client = client
        self.samlApplication = samlApplication
        self.isPassive = isPassive
    }
}

/// Where a flow stands. Steps never call one another: the dispatcher alone decides which comes next.
public enum LoginStep: String, Sendable, Codable, CaseIterable, Hashable {
    /// Asking who it is, and choosing the provider.
    case identify
    /// The provider is fixed; its password is awaited.
    case password
    /// The provider is fixed, and the browser has been sent there; its answer is awaited.
    case upstream
    /// A second factor is awaited.
    case secondFactor
    /// A second factor is required, none is enrolled, and a password alone may not enrol one.
    case invitation
    /// A second factor is being enrolled.
    case enrolment
    /// A new password is awaited.
    case passwordChange
    case completed
    /// Refused, cancelled or expired: nothing follows.
    case ended
}

/// One thing proven within a flow, bound to the place it was proven at.
public struct LoginProof: Sendable, Hashable, Codable {
    public let flow: FlowID
    public let step: LoginStep
    /// The flow's revision when the proof was asked for.
    public let revision: Int64
    public let subject: PersonID
    /// The provider that checked it; nil where the gateway itself did (second factors, links).
    public let provider: ProviderID?
    public let method: AuthenticationMethod
    public let at: Timestamp
    /// When the provider saw the person itself, where that was before and it says so (`auth_time`).
    public let authenticatedAt: Timestamp?

    public init(
        flow: FlowID, step: LoginStep, revision: Int64, subject: PersonID, provider: ProviderID?,
        method: AuthenticationMethod, at: Timestamp, authenticatedAt: Timestamp? = nil
    ) {
        self.flow = flow
        self.step = step
        self.revision = revision
        self.subject = subject
        self.provider = provider
        self.method = method
        self.at = at
        self.authenticatedAt = authenticatedAt
    }

    public var event: AuthenticationEvent {
        AuthenticationEvent(method: method, provider: provider, at: authenticatedAt ?? at)
    }
}

extension LoginProof {
    /// The same proof as what else it shows.
    func by(_ method: AuthenticationMethod) -> LoginProof {
        LoginProof(
            flow: flow, step: step, revision: revision, subject: subject, provider: provider, method: method, at: at,
            authenticatedAt: authenticatedAt)
    }
}

/// Why a person must choose a new password before going on.
public enum PasswordChangeReason: String, Sendable, Codable, CaseIterable, Hashable {
    /// The first password, after a set-up or invitation link.
    case initial
    /// After a reset link.
    case reset
    /// The directory demands it (AD 773, ppolicy changeAfterReset).
    case directory
    /// It is older than policy allows.
    case expired
    /// It was found among leaked passwords.
    case compromised
    /// It was chosen beside a second factor that is gone, and is too short to stand alone.
    case tooShort = "too_short"
}
