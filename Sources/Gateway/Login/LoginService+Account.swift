import Identity
import Storage
import Vocabulary

/// What came of a person's wish to change their own password.
public enum OwnPasswordOutcome: Sendable, Hashable {
    case changed
    case refused([PasswordPolicyViolation])
    case wrongPassword
    case linkRefused
    /// Too many wrong present passwords lately.
    case throttled(Duration)
}

/// What came of confirming a new authenticator app.
public enum EnrolmentOutcome: Sendable {
    /// With recovery codes, shown once, where the person had none.
    case accepted([SecretText])
    case refused
    case throttled(Duration)
}

/// What a signed-in person does to their own credentials. The caller has made sure of a fresh login.
extension LoginService {
    /// What a person can prove themselves with here.
    public func factors(of person: PersonID) async throws -> Set<AuthenticationMethod> {
        try await store.read { sql in
            var factors: Set<AuthenticationMethod> = []
            if try sql.password(of: person) != nil { factors.insert(.password) }
            if try !sql.totp(of: person).isEmpty { factors.insert(.oneTimePassword) }
            if try sql.unusedRecoveryCodes(of: person) > 0 { factors.insert(.recoveryCode) }
            return factors
        }
    }

    /// The least length, in characters, of this person's next password; shorter beside a second factor.
    public func minimumPasswordLength(of person: PersonID, in tenant: TenantID) async throws -> Int {
        let isStrong = try await environment.standing(person, tenant).requiresMultiFactor
        let enrolled = try await factors(of: person)
        return isStrong || enrolled.contains(.oneTimePassword)
            ? credentials.policy.minimumLengthWithSecondFactor : credentials.policy.minimumLength
    }

    /// Changes the password of a session's person, ends their other sessions and forgets their devices, in one commit.
    /// Wrong present passwords count against the account like those at the login page.
    public func changeOwnPassword(
        from present: SecretText, to new: SecretText, of session: Session, by caller: Caller
    ) async throws -> OwnPasswordOutcome {
        let (person, live) = (session.person, live)
        let keys = AttemptKeys(
            tenant: caller.tenant, account: try digest("account", "person:\(person)", caller.tenant), source: nil,
            device: session.device)
        if let wait = try await store.write(.login, { [ledger] in try ledger.reserve(keys, $0) }) {
            return .throttled(wait)
        }
        let isStrong = try await environment.standing(person, caller.tenant).requiresMultiFactor
        let outcome = try await credentials.changePassword(
            from: present, to: new, of: person, secondFactorRequired: isStrong, by: caller
        ) { tx in
            try SessionService.endAll(of: person, except: session.id, .credentialChanged, by: caller, live, tx)
            _ = try tx.sql.forgetDevices(of: person)
        }
        if outcome != .wrongPassword { try await store.write(.login) { [ledger] in try ledger.succeeded(keys, $0) } }
        return switch outcome {
        case .changed: .changed
        case .refused(let violations): .refused(violations)
        case .wrongPassword: .wrongPassword
        case .linkRefused: .linkRefused
        }
    }

    /// The enrolment a person has begun, or a new one.
    ///
    /// - Throws: `forbidden` where a first factor may not be enrolled by a password alone: a role requires two factors,
    ///   and this session has proven one. An invitation does it then.
    public func enrolment(of session: Session, by caller: Caller) async throws -> TOTPEnrolment {
        try await requireEnrolmentRight(session, caller)
        if let pending = try await credentials.pendingTOTP(of: session.person, in: caller.tenant) { return pending }
        return try await credentials.beginTOTP(for: session.person, by: caller)
    }

    /// Completes an enrolment. Throws as `enrolment`.
    public func confirmEnrolment(
        _ code: SecretText, of session: Session, by caller: Caller
    ) async throws -> EnrolmentOutcome {
        try await requireEnrolmentRight(session, caller)
        switch try await credentials.confirmTOTP(code, of: session.person, by: caller) {
        case .accepted:
            guard try await credentials.remainingRecoveryCodes(of: session.person) == 0 else { return .accepted([]) }
            return .accepted(try await credentials.makeRecoveryCodes(for: session.person, by: caller))
        case .retryAfter(let wait): return .throttled(wait)
        case .wrong, .replayed, .notEnrolled: return .refused
        }
    }

    private func requireEnrolmentRight(_ session: Session, _ caller: Caller) async throws {
        let isRequired = try await environment.standing(session.person, caller.tenant).requiresMultiFactor
        guard !isRequired || session.strength >= .aal2 else {
            throw Fault.forbidden(
                "Your role requires a second factor, and a password alone may not set up the first one.",
                remedy: "Ask your administrator for an invitation.")
        }
    }
}
