import Vocabulary

extension LoginFlow {
    /// The one dispatcher: what happened, and what is known, to what follows. Pure; steps never call one another.
    ///
    /// Whatever does not fit — another browser, a proof for another flow, step, revision, subject or provider — is
    /// refused and changes nothing. Every accepted input raises the revision.
    public func decide(_ input: LoginInput, context: LoginContext, now: Timestamp) -> LoginTransition {
        guard schema == Self.currentSchema else { return refuse(.unsupportedRecord) }
        guard let browser = context.browser, equalInConstantTime(browser.bytes, browserBinding.bytes) else {
            return refuse(.otherBrowser)
        }
        guard step != .completed, step != .ended else { return refuse(.outOfStep) }
        guard createdAt <= now, now < expiresAt else {
            return moved {
                $0.step = .ended
            } outcome: { _ in
                .expired
            }
        }
        switch input {
        case .opened: return opened(context, now)
        case .identifierSubmitted(let login): return identify(login, sendsPassword: false, context)
        case .passwordSubmitted(let login): return identify(login, sendsPassword: true, context)
        case .providerChosen(let provider): return choose(provider, context)
        case .primaryVerified(let proof): return primary(proof, mustChange: nil, context, now)
        case .passwordChangeRequired(let proof, let reason): return primary(proof, mustChange: reason, context, now)
        case .upstreamVerified(let proof, let isMultiFactor): return upstream(proof, isMultiFactor, context, now)
        case .primaryRefused(let refusal, let stamp): return primaryRefused(refusal, stamp)
        case .secondFactorVerified(let proof): return secondFactor(proof, context, now)
        case .secondFactorRefused(let stamp): return secondFactorRefused(stamp, context)
        case .enrolmentStarted(let method): return startEnrolment(method)
        case .enrolmentConfirmed(let proof): return confirmEnrolment(proof, context, now)
        case .passwordChanged(let proof): return passwordChanged(proof, context, now)
        case .linkOpened(let purpose, let proof): return linkOpened(purpose, proof, context, now)
        case .cancelled: return end(.cancelled)
        }
    }

    // MARK: Identification

    private func identify(_ login: String, sendsPassword: Bool, _ context: LoginContext) -> LoginTransition {
        guard isChoosing else { return refuse(.outOfStep) }
        guard NameKey.isValid(login: login) else {
            return LoginTransition(flow: self, outcome: .show(step, .malformedLogin))
        }
        let found = context.realms.provider(forLogin: login)
        // A provider chosen by hand stays chosen, unless the login's domain belongs to another: that password must
        // not be sent to either before the person has seen the change.
        guard let target = chosen(for: login, found: found, context.realms) else {
            return moved {
                $0.step = .identify; $0.provider = nil
            } outcome: { _ in
                .show(.identify, .unknownProvider)
            }
        }
        // A password that was typed for somebody whose provider takes none here goes nowhere.
        if context.realms.isRedirect(target) { return leaves(to: target) }
        return moved {
            $0.step = .password; $0.provider = target
        } outcome: { flow in
            sendsPassword ? .verifyPassword(flow.stamp) : .show(.password, nil)
        }
    }

    /// Whether who signs in and where is still open: somebody who comes back from a provider may choose again.
    private var isChoosing: Bool { step == .identify || step == .password || step == .upstream }

    private func leaves(to provider: ProviderID) -> LoginTransition {
        moved {
            $0.step = .upstream; $0.provider = provider
        } outcome: { flow in
            .sendUpstream(flow.stamp)
        }
    }

    private func chosen(for login: String, found: ProviderID?, _ realms: HomeRealms) -> ProviderID? {
        guard step == .password, let provider else { return found }
        let domain = NameKey.domain(of: login)
        let claimed = realms.providers.first { entry in domain.map { entry.domains.contains($0) } ?? false }?.id
        if let claimed, claimed != provider { return nil }
        return realms.isEnabled(provider) ? provider : nil
    }

    private func choose(_ choice: ProviderID, _ context: LoginContext) -> LoginTransition {
        guard isChoosing else { return refuse(.outOfStep) }
        guard context.realms.isChoosable(choice) else { return refuse(.unknownProvider) }
        if context.realms.isRedirect(choice) { return leaves(to: choice) }
        return moved {
            $0.step = .password; $0.provider = choice
        } outcome: { _ in
            .show(.password, nil)
        }
    }

    private func opened(_ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        if step == .identify, subject != nil, isPrimaryProven(at: now) { return advance(context, now) }
        return LoginTransition(flow: self, outcome: page(context, nil))
    }

    // MARK: Factors

    private func primary(
        _ proof: LoginProof, mustChange: PasswordChangeReason?, _ context: LoginContext, _ now: Timestamp
    ) -> LoginTransition {
        guard step == .password else { return refuse(.outOfStep) }
        if let refusal = refusal(ofPrimary: proof, .password, context, now) { return refuse(refusal) }
        var next = adding(proof)
        if let mustChange { next.passwordChange = mustChange }
        if !context.anomalies.isEmpty { next.anomalies = context.anomalies }
        return next.advance(context, now)
    }

    private func upstream(
        _ proof: LoginProof, _ isMultiFactor: Bool, _ context: LoginContext, _ now: Timestamp
    ) -> LoginTransition {
        guard step == .upstream else { return refuse(.outOfStep) }
        if let refusal = refusal(ofPrimary: proof, .federated, context, now) { return refuse(refusal) }
        guard isFreshEnough(proof) else { return primaryRefused(.staleSignIn, stamp) }
        var next = adding(proof)
        if isMultiFactor { next = next.adding(proof.by(.multiFactor)) }
        if !context.anomalies.isEmpty { next.anomalies = context.anomalies }
        return next.advance(context, now)
    }

    private func refusal(
        ofPrimary proof: LoginProof, _ method: AuthenticationMethod, _ context: LoginContext, _ now: Timestamp
    ) -> LoginRefusal? {
        guard let provider, proof.provider == provider else { return .otherProvider }
        guard context.realms.isEnabled(provider) else { return .unknownProvider }
        return refusal(of: proof, [method], context, now)
    }

    private func primaryRefused(_ refusal: LoginRefusal, _ stamp: ProofStamp) -> LoginTransition {
        guard step == .password || step == .upstream else { return refuse(.outOfStep) }
        if let mismatch = mismatch(stamp) { return refuse(mismatch) }
        guard primaryFailures + 1 < Self.primaryAttemptLimit else { return end(.tooManyAttempts) }
        // Whoever comes back from another provider chooses anew; nothing is tried for them.
        if step == .upstream {
            return moved {
                $0.primaryFailures += 1; $0.step = .identify; $0.provider = nil
            } outcome: { _ in
                .show(.identify, refusal)
            }
        }
        // The provider stays: a refused password never falls through to the next one.
        return moved {
            $0.primaryFailures += 1
        } outcome: { _ in
            .show(.password, refusal)
        }
    }

    private func secondFactor(_ proof: LoginProof, _ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        guard step == .secondFactor else { return refuse(.outOfStep) }
        let enrolled = context.subject?.enrolledFactors ?? []
        if let refusal = refusal(of: proof, Set(Self.secondFactors).intersection(enrolled), context, now) {
            return refuse(refusal)
        }
        return adding(proof).advance(context, now)
    }

    private func secondFactorRefused(_ stamp: ProofStamp, _ context: LoginContext) -> LoginTransition {
        guard step == .secondFactor || step == .enrolment else { return refuse(.outOfStep) }
        if let mismatch = mismatch(stamp) { return refuse(mismatch) }
        guard secondFactorFailures + 1 < Self.secondFactorAttemptLimit else { return end(.tooManyAttempts) }
        return moved {
            $0.secondFactorFailures += 1
        } outcome: {
            $0.page(context, .secondFactorWrong)
        }
    }

    // MARK: Enrolment, password change, links

    private func startEnrolment(_ method: AuthenticationMethod) -> LoginTransition {
        guard step == .enrolment else { return refuse(.outOfStep) }
        // Recovery codes come with a first factor; alone they are none.
        guard method == .oneTimePassword else { return refuse(.wrongMethod) }
        return moved {
            $0.enrolling = method
        } outcome: { _ in
            .enrol(method)
        }
    }

    private func confirmEnrolment(_ proof: LoginProof, _ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        guard step == .enrolment, mayEnrolFirstFactor, let enrolling else { return refuse(.outOfStep) }
        if let refusal = refusal(of: proof, [enrolling], context, now) { return refuse(refusal) }
        return adding(proof).advance(context, now)
    }

    private func passwordChanged(_ proof: LoginProof, _ context: LoginContext, _ now: Timestamp) -> LoginTransition {
        guard step == .passwordChange else { return refuse(.outOfStep) }
        if let refusal = refusal(of: proof, [.password], context, now) { return refuse(refusal) }
        var next = adding(proof)
        next.passwordChange = nil
        return next.advance(context, now)
    }

    private func linkOpened(
        _ purpose: LinkPurpose, _ proof: LoginProof, _ context: LoginContext, _ now: Timestamp
    ) -> LoginTransition {
        let begins = step == .identify && proofs.isEmpty && request.stepUpOf == nil
        guard begins || (step == .invitation && purpose == .invitation) else {
            return refuse(step == .invitation ? .wrongPurpose : .outOfStep)
        }
        if let refusal = refusal(of: proof, [.singleUseLink], context, now) { return refuse(refusal) }
        let setsPassword = begins && context.subject?.mayHaveLocalPassword == true
        guard setsPassword || purpose == .invitation else { return refuse(.wrongPurpose) }
        var next = adding(proof)
        next.mayEnrolFirstFactor = next.mayEnrolFirstFactor || purpose != .passwordReset
        if setsPassword { next.passwordChange = purpose == .passwordReset ? .reset : .initial }
        return next.advance(context, now)
    }
}
