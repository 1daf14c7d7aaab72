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

/// What came of a person's wish to remove their authenticator app.
public enum AuthenticatorRemoval: Sendable, Hashable {
    case removed
    /// A role requires two factors of them.
    case required
    case wrongPassword
    /// The password is enough beside a second factor only; alone it needs this many characters.
    case passwordTooShort(minimum: Int)
    /// Too many wrong present passwords lately.
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
        let keys = try ownKeys(session, caller)
        if let wait = try await store.write(.login, { [ledger] in try ledger.reserve(keys, $0).wait }) {
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
    /// - Throws: `forbidden` where `mayEnrol` says no. An invitation does it then.
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
        let examined = try await credentials.examineEnrolment(code, of: session.person, by: caller)
        switch examined.outcome {
        case .accepted: break
        case .retryAfter(let wait): return .throttled(wait)
        case .wrong, .replayed, .notEnrolled: return .refused
        }
        let drawn = try credentials.drawRecoveryCodes(for: session.person, by: caller)
        return try await store.write(.login) { tx in
            guard try examined.use(tx) else { return .refused }
            guard try tx.sql.unusedRecoveryCodes(of: session.person) == 0 else { return .accepted([]) }
            try drawn.keep(tx)
            return .accepted(drawn.codes)
        }
    }

    /// Removes a person's own authenticator apps, unless a role requires two factors of them, or their password was
    /// chosen beside the second factor and is too short to stand alone: that has to be changed first.
    ///
    /// - Parameter present: the local password, typed again; ignored for people who have none.
    public func removeOwnAuthenticator(
        proving present: SecretText, of session: Session, by caller: Caller
    ) async throws -> AuthenticatorRemoval {
        guard try await !environment.standing(session.person, caller.tenant).requiresMultiFactor else {
            return .required
        }
        if try await factors(of: session.person).contains(.password) {
            let keys = try ownKeys(session, caller)
            if let wait = try await store.write(.login, { [ledger] in try ledger.reserve(keys, $0).wait }) {
                return .throttled(wait)
            }
            guard try await credentials.verifyPassword(present, of: session.person, in: caller.tenant) != .mismatched
            else { return .wrongPassword }
            try await store.write(.login) { [ledger] in try ledger.succeeded(keys, $0) }
            guard credentials.policy.isLongEnoughAlone(present) else {
                return .passwordTooShort(minimum: credentials.policy.minimumLength)
            }
        }
        _ = try await credentials.removeTOTP(of: session.person, by: caller)
        return .removed
    }

    private func ownKeys(_ session: Session, _ caller: Caller) throws -> AttemptKeys {
        AttemptKeys(
            tenant: caller.tenant, account: try digest("account", "person:\(session.person)", caller.tenant),
            source: nil, device: session.device)
    }

    /// Whether a session's person may set up an authenticator app by themselves. Where a role, a policy or an application
    /// may ask for two factors, a password alone sets up no first one: whoever has guessed it would pass for two.
    public func mayEnrol(_ session: Session) async throws -> Bool {
        if session.strength >= .aal2 { return true }
        return try await !environment.standing(session.person, session.tenant).mayBeAskedForMultiFactor
    }

    private func requireEnrolmentRight(_ session: Session, _ caller: Caller) async throws {
        guard try await mayEnrol(session) else {
            throw Fault.forbidden(
                "Two factors may be asked of you, and a password alone may not set up the first one.",
                remedy: "Ask your administrator for an invitation.")
        }
    }
}
