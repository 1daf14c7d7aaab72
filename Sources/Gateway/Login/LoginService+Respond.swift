import Identity
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// Makes the check that an answer calls for and decides on its outcome. Nothing of the flow is written here.
    func respond(to answer: LoginAnswer, _ work: inout LoginWork) async throws -> LoginTransition {
        switch answer {
        case .identifier(let login, let provider): return try await identify(login, provider, &work)
        case .password(let login, let password): return try await checkPassword(login, password, &work)
        case .oneTimeCode(let code) where work.flow.step == .enrolment: return try await confirm(code, &work)
        case .oneTimeCode(let code): return try await secondFactor(.oneTimePassword, code, &work)
        case .recoveryCode(let code): return try await secondFactor(.recoveryCode, code, &work)
        case .newPassword(let new, let present): return try await changePassword(new, present, &work)
        case .invitation(let token): return try await openInvitation(token, &work)
        case .provider(let provider): return try await decide(.providerChosen(provider), &work)
        case .cancel: return try await decide(.cancelled, &work)
        }
    }

    func decide(_ input: LoginInput, _ work: inout LoginWork, of person: PersonID? = nil) async throws
        -> LoginTransition
    {
        let context = try await context(&work, of: person)
        return work.flow.decide(input, context: context, now: clock())
    }

    private func identify(_ login: String, _ picked: ProviderID?, _ work: inout LoginWork) async throws
        -> LoginTransition
    {
        work.login = login
        // A domain that belongs to a provider decides; the choice beside it is for logins that no domain claims.
        let domain = NameKey.domain(of: login)
        let isClaimed = environment.providers(work.caller.tenant).contains { entry in
            domain.map { entry.domains.contains($0) } ?? false
        }
        guard let picked, !isClaimed, NameKey.isValid(login: login) else {
            return try await decide(.identifierSubmitted(login: login), &work)
        }
        return try await decide(.providerChosen(picked), &work)
    }

    // MARK: Second factors

    private func secondFactor(
        _ method: AuthenticationMethod, _ code: SecretText, _ work: inout LoginWork
    ) async throws -> LoginTransition {
        // A check counts as a try, so it is made only where the flow waits for a code. The code itself is used up in the
        // transaction that moves the flow: neither is lost when the other does not happen.
        guard let person = awaited(.secondFactor, work) else { return try await decide(.opened, &work) }
        let stamp = work.flow.stamp
        let examined =
            method == .oneTimePassword
            ? try await credentials.examineTOTP(Self.withoutSpaces(code), of: person, by: work.caller)
            : try await credentials.examineRecoveryCode(code, of: person, by: work.caller)
        switch examined.outcome {
        case .accepted:
            work.use = examined.use
            return try await decide(.secondFactorVerified(stamp.proof(of: person, by: method, at: clock())), &work)
        case .retryAfter(let wait):
            work.notice = .throttled(wait)
            return try await decide(.opened, &work)
        case .wrong, .replayed, .notEnrolled: return try await decide(.secondFactorRefused(stamp), &work)
        }
    }

    private func confirm(_ code: SecretText, _ work: inout LoginWork) async throws -> LoginTransition {
        guard let person = awaited(.enrolment, work), work.flow.mayEnrolFirstFactor else {
            return try await decide(.opened, &work)
        }
        let stamp = work.flow.stamp
        let examined = try await credentials.examineEnrolment(
            Self.withoutSpaces(code), of: person, by: work.caller)
        switch examined.outcome {
        case .accepted:
            let drawn = try credentials.drawRecoveryCodes(for: person, by: work.caller)
            work.recoveryCodes = drawn.codes
            work.use = { tx in
                guard try examined.use(tx) else { return false }
                try drawn.keep(tx)
                return true
            }
            let proof = stamp.proof(of: person, by: .oneTimePassword, at: clock())
            return try await decide(.enrolmentConfirmed(proof), &work)
        case .retryAfter(let wait):
            work.notice = .throttled(wait)
            return try await decide(.opened, &work)
        case .notEnrolled: return try await decide(.opened, &work)
        case .wrong, .replayed: return try await decide(.secondFactorRefused(stamp), &work)
        }
    }

    // MARK: New passwords

    private func changePassword(
        _ new: SecretText, _ present: SecretText?, _ work: inout LoginWork
    ) async throws -> LoginTransition {
        guard let person = awaited(.passwordChange, work) else { return try await decide(.opened, &work) }
        let stamp = work.flow.stamp
        if let directory = directory(of: work) {
            guard try await changeUpstream(directory, new, present, person, &work) else {
                return try await decide(.opened, &work)
            }
        } else if let notice = try await changeLocal(new, person, &work) {
            work.notice = notice
            return try await decide(.opened, &work)
        }
        return try await decide(.passwordChanged(stamp.proof(of: person, by: .password, at: clock())), &work)
    }

    /// Stores a local password and ends everything that was open under the old one; nil when that is done.
    private func changeLocal(
        _ new: SecretText, _ person: PersonID, _ work: inout LoginWork
    ) async throws -> LoginNotice? {
        let standing = try await environment.standing(person, work.caller.tenant)
        let kept = work.flow.request.stepUpOf
        let (live, caller) = (live, work.caller)
        let outcome = try await credentials.setPassword(
            new, of: person, mustChange: false, secondFactorRequired: standing.requiresMultiFactor, by: caller
        ) { tx in
            try SessionService.endAll(of: person, except: kept, .credentialChanged, by: caller, live, tx)
            _ = try tx.sql.forgetDevices(of: person)
        }
        return switch outcome {
        case .changed: nil
        case .refused(let violations): .passwordRefused(violations)
        case .wrongPassword: .presentPasswordWrong
        case .linkRefused: .linkRefused
        }
    }

    private func changeUpstream(
        _ directory: UpstreamDirectory, _ new: SecretText, _ present: SecretText?, _ person: PersonID,
        _ work: inout LoginWork
    ) async throws -> Bool {
        let (tenant, provider) = (work.caller.tenant, work.flow.provider)
        let login = try await store.read { sql in
            try sql.identities(of: person).first { $0.tenant == tenant && $0.subject.provider == provider }?.login
        }
        guard let change = directory.changePassword, let login, let present, !present.reveal().isEmpty else {
            work.notice = directory.changePassword == nil ? .refused(.providerUnavailable) : .presentPasswordWrong
            return false
        }
        let bind = work.flow.provider.flatMap { bindLedger(directory, $0, tenant) }
        let outcome = try await change(login, present, new, bind?.admission ?? .unlimited)
        if let bind { try await store.write(.login) { try bind.succeeded($0) } }
        switch outcome {
        case .changed: return true
        case .presentWrong: work.notice = .presentPasswordWrong
        case .refused: work.notice = .passwordRefused([])
        case .unavailable: work.notice = .refused(.providerUnavailable)
        case .throttled(let wait): work.notice = .throttled(wait)
        }
        return false
    }

    // MARK: Invitations

    private func openInvitation(_ token: SecretText, _ work: inout LoginWork) async throws -> LoginTransition {
        guard let person = awaited(.invitation, work) else { return try await decide(.opened, &work) }
        let stamp = work.flow.stamp
        let text = token.reveal()
        // Somebody else's invitation is left as it is.
        guard case .valid(let link) = try await credentials.openLink(text, for: .invitation, in: work.caller.tenant),
            link.person == person
        else {
            work.notice = .linkRefused
            return try await decide(.opened, &work)
        }
        work.use = use(ofLink: text, .invitation, work.caller)
        return try await decide(
            .linkOpened(.invitation, stamp.proof(of: person, by: .singleUseLink, at: clock())), &work)
    }

    /// The flow's person, where the flow stands at this step and has time left.
    private func awaited(_ step: LoginStep, _ work: LoginWork) -> PersonID? {
        let now = clock()
        guard work.flow.step == step, work.flow.createdAt <= now, now < work.flow.expiresAt else { return nil }
        return work.flow.subject
    }

    func directory(of work: LoginWork) -> UpstreamDirectory? {
        entry(work.flow.provider, work)?.directory
    }

    func entry(_ id: ProviderID?, _ work: LoginWork) -> LoginProviderEntry? {
        environment.providers(work.caller.tenant).first { $0.id == id }
    }

    static func withoutSpaces(_ code: SecretText) -> SecretText {
        SecretText(String(code.reveal().prefix(64).filter { $0 != " " }))
    }
}
