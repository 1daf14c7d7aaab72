import Vocabulary

extension LoginFlow {
    // MARK: What comes next

    /// The next thing owed, or the grant. The only place that can complete a flow.
    func advance(_ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        guard let facts = context.subject, facts.person == subject, facts.tenant == tenant else {
            return refuse(.factsMissing)
        }
        guard facts.isActive else { return end(.personDisabled) }
        let setsByLink = passwordChange == .initial || passwordChange == .reset
        guard isPrimaryProven(at: now) || setsByLink else { return goes(to: .identify, context) }
        let owesFactor = needsSecondFactor(facts, context) && !isSecondFactorProven
        // A reset must not go around a second factor that exists, so the factor comes before the new password.
        if owesFactor, !facts.enrolledFactors.isEmpty { return goes(to: .secondFactor, context) }
        // Only who has proven all they can is told that a rule is against them.
        if facts.isBarred { return end(.refusedByRule) }
        if owesFactor, !setsByLink {
            if mayEnrolFirstFactor { return goes(to: .enrolment, context) }
            if let provider = providerOfFactors(context) { return leaves(for: provider) }
            return goes(to: .invitation, context)
        }
        if passwordChange != nil { return goes(to: .passwordChange, context) }
        // Whoever was invited and may be asked for two factors sets up the first one now: a password alone never will.
        if mayEnrolFirstFactor, facts.mayBeAskedForMFA, facts.enrolledFactors.isEmpty, !isSecondFactorProven {
            return goes(to: .enrolment, context)
        }
        return complete(context, now)
    }

    private func complete(_ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        guard let subject else { return refuse(.factsMissing) }
        if let stepUp = request.stepUpOf {
            guard let session = context.stepUpSession, session.id == stepUp, session.person == subject,
                session.tenant == tenant, !session.isExpired(at: now)
            else { return end(.sessionOver) }
        }
        let events = carried + proofs.map(\.event)
        let grant = SessionGrant(
            person: subject, provider: provider ?? context.stepUpSession?.provider, events: events,
            strength: AuthenticationStrength(of: events), application: request.application,
            returnTarget: request.returnTarget, rotates: request.stepUpOf,
            anomalies: Self.together(context.stepUpSession?.anomalies, anomalies))
        guard grant.strength >= request.demandedStrength else { return end(.factsMissing) }
        return moved {
            $0.step = .completed
        } outcome: { _ in
            .completed(grant)
        }
    }

    /// What stood out about the session that is strengthened still does.
    private static func together(_ before: [LoginAnomaly]?, _ now: [LoginAnomaly]?) -> [LoginAnomaly] {
        let all = Set((before ?? []) + (now ?? []))
        return LoginAnomaly.allCases.filter(all.contains)
    }

    private func needsSecondFactor(_ facts: LoginSubjectFacts, _ context: LoginContext) -> Bool {
        // Whoever has enrolled a factor is always asked for it: that is what they enrolled it for.
        facts.rolesRequireMFA || facts.rulesRequireMFA || context.requestRequiresMFA
            || request.demandedStrength >= .aal2
            || !facts.enrolledFactors.isEmpty
    }

    /// A primary proof of this subject in this flow, or a carried one that is fresh enough for the request.
    func isPrimaryProven(at now: Timestamp) -> Bool {
        let primary = AuthenticationMethod.primary
        if proofs.contains(where: { primary.contains($0.method) && $0.subject == subject }) { return true }
        guard request.stepUpOf != nil else { return false }
        return carried.contains { event in
            guard primary.contains(event.method), event.at <= now else { return false }
            return request.maxAgeSeconds.map { now - event.at <= .seconds($0) } ?? true
        }
    }

    /// Whether another provider saw the person recently enough for the request. What happened while this flow was open
    /// always is: the clocks of two machines differ.
    func isFreshEnough(_ proof: LoginProof) -> Bool {
        guard let limit = request.maxAgeSeconds, let seen = proof.authenticatedAt else { return true }
        return createdAt - seen <= .seconds(limit) + Self.upstreamClockSkew
    }

    /// How far the clock of another provider may be off.
    public static let upstreamClockSkew: Duration = .seconds(60)

    // MARK: Several factors elsewhere

    /// Whether the flow's provider is asked for several factors when the browser is sent there.
    public var asksProviderForFactors: Bool { request.demandedStrength >= .aal2 || wentForFactors == true }

    /// The provider that the person signed in at, where it proves several factors to whoever asks and was not asked yet:
    /// once, for an answer that says less would send the browser there for ever.
    private func providerOfFactors(_ context: LoginContext) -> ProviderID? {
        guard wentForFactors != true, let provider = provider ?? context.stepUpSession?.provider,
            context.realms.asksForFactors(provider)
        else { return nil }
        let wasAsked = asksProviderForFactors && proofs.contains { $0.method == .federated }
        return wasAsked ? nil : provider
    }

    private func leaves(for factors: ProviderID) -> LoginTransition {
        moved {
            $0.step = .upstream; $0.provider = factors; $0.wentForFactors = true
        } outcome: { flow in
            .sendUpstream(flow.stamp)
        }
    }

    private var isSecondFactorProven: Bool {
        let second = Set(Self.secondFactors).union([.multiFactor])
        return proofs.contains { second.contains($0.method) && $0.subject == subject }
            || carried.contains { second.contains($0.method) }
    }

    // MARK: Checks of proofs

    /// Why a proof does not count here and now; nil when it does.
    func refusal(
        of proof: LoginProof, _ methods: Set<AuthenticationMethod>, _ context: LoginContext, _ now: Timestamp
    ) -> LoginRefusal? {
        let stamp = ProofStamp(flow: proof.flow, step: proof.step, revision: proof.revision, provider: proof.provider)
        if let mismatch = mismatch(stamp) { return mismatch }
        guard methods.contains(proof.method) else { return .wrongMethod }
        guard createdAt <= proof.at, proof.at <= now else { return .staleProof }
        if let subject, proof.subject != subject { return .otherSubject }
        guard let facts = context.subject else { return .factsMissing }
        return facts.person == proof.subject && facts.tenant == tenant ? nil : .otherSubject
    }

    func mismatch(_ given: ProofStamp) -> LoginRefusal? {
        if given.flow != id { return .foreignProof }
        if given.step != step { return .outOfStep }
        if given.revision != revision { return .staleProof }
        return given.provider == stamp.provider ? nil : .otherProvider
    }

    // MARK: Transitions

    func adding(_ proof: LoginProof) -> LoginFlow {
        var next = self
        next.subject = proof.subject
        next.proofs.append(proof)
        return next
    }

    func refuse(_ refusal: LoginRefusal) -> LoginTransition { LoginTransition(flow: self, outcome: .refused(refusal)) }

    func end(_ refusal: LoginRefusal) -> LoginTransition {
        moved {
            $0.step = .ended
        } outcome: { _ in
            .refused(refusal)
        }
    }

    func goes(to step: LoginStep, _ context: LoginContext) -> LoginTransition {
        moved {
            $0.step = step
        } outcome: {
            $0.page(context, nil)
        }
    }

    func moved(_ change: (inout LoginFlow) -> Void, outcome: (LoginFlow) -> LoginOutcome) -> LoginTransition {
        var next = self
        change(&next)
        next.revision += 1
        return LoginTransition(flow: next, outcome: outcome(next))
    }

    /// What the flow shows where it stands.
    func page(_ context: LoginContext, _ refusal: LoginRefusal?) -> LoginOutcome {
        switch step {
        case .secondFactor:
            let enrolled = context.subject.map { $0.person == subject ? $0.enrolledFactors : [] } ?? []
            return .needSecondFactor(Self.secondFactors.filter(enrolled.contains), refusal)
        case .enrolment where refusal == nil: return .enrol(enrolling)
        case .passwordChange: return passwordChange.map { .changePassword($0) } ?? .show(step, refusal)
        default: return .show(step, refusal)
        }
    }
}
