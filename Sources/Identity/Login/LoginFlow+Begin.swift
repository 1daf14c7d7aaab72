import Vocabulary

extension LoginFlow {
    /// Begins a flow for the browser whose pre-session secret has this hash.
    ///
    /// For a step-up (`request.stepUpOf`), `session` is that session's row, whose person and proofs the flow takes
    /// over; nil is returned when it is missing, over, or another tenant's.
    public static func begin(
        id: FlowID, tenant: TenantID, browser: TokenHash, request: LoginRequest, session: Session? = nil,
        lifetime: Duration = Self.lifetime, now: Timestamp
    ) -> LoginFlow? {
        guard request.stepUpOf == session?.id else { return nil }
        if let session, session.tenant != tenant || session.isExpired(at: now) { return nil }
        return LoginFlow(
            schema: currentSchema, id: id, tenant: tenant, browserBinding: browser, request: request, createdAt: now,
            expiresAt: now + lifetime, revision: 0, step: .identify, provider: nil, subject: session?.person,
            proofs: [], passwordChange: nil, carried: session?.events ?? [], mayEnrolFirstFactor: false,
            enrolling: nil, primaryFailures: 0, secondFactorFailures: 0)
    }

    /// What a check asked for now must hand back.
    public var stamp: ProofStamp {
        let isProviders = step == .password || step == .upstream || step == .passwordChange
        return ProofStamp(flow: id, step: step, revision: revision, provider: isProviders ? provider : nil)
    }

    /// Wrong passwords in one flow before it ends. The lockout counts across flows.
    public static let primaryAttemptLimit = 10
    /// Wrong codes in one flow before it ends.
    public static let secondFactorAttemptLimit = 5

    public static let secondFactors: [AuthenticationMethod] = [.oneTimePassword, .recoveryCode]
}
