import Vocabulary

/// Where a check was asked for: handed out with `verify…` outcomes, handed back with the answer. An answer whose stamp
/// does not fit the flow as it is now proves nothing.
public struct ProofStamp: Sendable, Hashable, Codable {
    public let flow: FlowID
    public let step: LoginStep
    public let revision: Int64
    public let provider: ProviderID?

    public init(flow: FlowID, step: LoginStep, revision: Int64, provider: ProviderID?) {
        self.flow = flow
        self.step = step
        self.revision = revision
        self.provider = provider
    }

    /// The proof that results when the check of this stamp succeeds.
    public func proof(
        of subject: PersonID, by method: AuthenticationMethod, at now: Timestamp, authenticatedAt: Timestamp? = nil
    ) -> LoginProof {
        LoginProof(
            flow: flow, step: step, revision: revision, subject: subject, provider: provider, method: method, at: now,
            authenticatedAt: authenticatedAt)
    }
}

/// What happened, as the shell reports it.
public enum LoginInput: Sendable, Hashable {
    /// The page of the flow was asked for. Also what starts a step-up whose password is still fresh.
    case opened
    /// A login was typed on a page without a password field.
    case identifierSubmitted(login: String)
    case providerChosen(ProviderID)
    /// A login and a password were sent; the password itself stays in the shell.
    case passwordSubmitted(login: String)
    /// The provider accepted the password, and the identity is linked to the proof's subject.
    case primaryVerified(LoginProof)
    /// The provider accepted the password but demands a new one before it lets the person in.
    case passwordChangeRequired(LoginProof, PasswordChangeReason)
    /// The provider that the browser was sent to knows the person, and the identity is linked to the proof's subject.
    ///
    /// - Parameter isMultiFactor: it also says that it asked for several factors, and is believed.
    case upstreamVerified(LoginProof, isMultiFactor: Bool)
    /// The provider, the link decision or the lockout refused.
    case primaryRefused(LoginRefusal, ProofStamp)
    /// A code was accepted, once, for this subject.
    case secondFactorVerified(LoginProof)
    case secondFactorRefused(ProofStamp)
    /// The person picked a factor to enrol.
    case enrolmentStarted(AuthenticationMethod)
    /// The new factor was proven to work.
    case enrolmentConfirmed(LoginProof)
    /// The new password met the policy and was stored (or the directory took it).
    case passwordChanged(LoginProof)
    /// A single-use link was consumed for this purpose and person.
    case linkOpened(LinkPurpose, LoginProof)
    case cancelled
}

/// Why a login does not go on. The person sees one general sentence for most of them; the journal has the code.
public enum LoginRefusal: String, Sendable, Hashable, Codable, CaseIterable {
    /// Wrong password and unknown login alike.
    case badCredentials = "login.bad_credentials"
    case personDisabled = "login.person_disabled"
    case upstreamDisabled = "login.upstream_disabled"
    case upstreamLocked = "login.upstream_locked"
    case throttled = "login.throttled"
    case providerUnavailable = "login.provider_unavailable"
    case unknownProvider = "login.unknown_provider"
    /// The identity could not be linked or created; the `LinkRefusal` is in the journal.
    case notLinked = "login.not_linked"
    /// What the directory says of the person now would give them what they may not hold together.
    case separationOfDuties = "login.separation_of_duties"
    /// A rule of the organization does not let the person sign in; which one is in the journal.
    case refusedByRule = "login.refused_by_rule"
    case malformedLogin = "login.malformed_login"
    case secondFactorWrong = "login.second_factor_wrong"
    case tooManyAttempts = "login.too_many_attempts"
    /// The input belongs to another step than the flow stands at.
    case outOfStep = "login.out_of_step"
    /// The proof was given for an older state of the flow.
    case staleProof = "login.stale_proof"
    case foreignProof = "login.foreign_proof"
    case otherSubject = "login.other_subject"
    case otherProvider = "login.other_provider"
    case otherBrowser = "login.other_browser"
    case wrongMethod = "login.wrong_method"
    case factsMissing = "login.facts_missing"
    case wrongPurpose = "login.wrong_purpose"
    /// What another provider or the browser brought is not believed; the reason is in the journal.
    case upstreamRefused = "login.upstream_refused"
    /// The provider saw the person longer ago than was asked for.
    case staleSignIn = "login.stale_sign_in"
    case sessionOver = "login.session_over"
    case unsupportedRecord = "login.unsupported_record"
    case cancelled = "login.cancelled"
}

/// What the shell does next.
public enum LoginOutcome: Sendable, Hashable {
    /// Show the page of the step the flow stands at, with a refusal above it where there was one.
    case show(LoginStep, LoginRefusal?)
    /// Ask this stamp's provider, and only it, whether the password is right.
    case verifyPassword(ProofStamp)
    /// Send the browser to this stamp's provider, and await its answer.
    case sendUpstream(ProofStamp)
    /// Ask for one of these, best first.
    case needSecondFactor([AuthenticationMethod], LoginRefusal?)
    /// Show the enrolment of this factor; nil to let the person choose.
    case enrol(AuthenticationMethod?)
    case changePassword(PasswordChangeReason)
    case completed(SessionGrant)
    /// The flow has not moved (the record is unchanged), or has ended if its step says so.
    case refused(LoginRefusal)
    case expired
}

/// What a completed login is worth: the shell makes a session of it, in the transaction that stores the flow.
public struct SessionGrant: Sendable, Hashable {
    public let person: PersonID
    public let provider: ProviderID?
    /// Oldest first.
    public let events: [AuthenticationEvent]
    public let strength: AuthenticationStrength
    public let application: ApplicationID?
    public let returnTarget: String?
    /// The session to rotate instead of making one beside it.
    public let rotates: SessionID?
    /// What stood out about the sign-in, of the session that is strengthened too.
    public let anomalies: [LoginAnomaly]
}

/// The record as it is to be stored, and what follows.
public struct LoginTransition: Sendable, Hashable {
    public let flow: LoginFlow
    public let outcome: LoginOutcome
}
