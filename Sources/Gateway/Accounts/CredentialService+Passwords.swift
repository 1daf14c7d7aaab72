import Identity
import OAuth
import Passwords
import Storage
import Vocabulary

/// What came of a wish to change a password.
public enum PasswordChangeOutcome: Sendable, Hashable {
    case changed
    case refused([PasswordPolicyViolation])
    /// The present password, which was asked for, is another.
    case wrongPassword
    /// The link does not open: used, too old, revoked or never made.
    case linkRefused
}

/// What a typed password proved to be.
public enum PasswordVerification: Sendable, Hashable {
    /// `mustChange` says why a new one is asked for before anything else, if it is.
    case matched(mustChange: PasswordChangeReason?)
    case mismatched
}

/// What else belongs into the transaction that changes a credential, such as ending the person's other sessions.
public typealias CredentialCompanion = @Sendable (Transaction) throws -> Void

extension CredentialService {
    /// Sets a password without asking for the present one: an administrator's act. `mustChange` makes it provisional.
    /// - Throws: `not_found`, `stale` when it was changed meanwhile, `passwords.busy`.
    public func setPassword(
        _ candidate: SecretText, of person: PersonID, mustChange: Bool, secondFactorRequired: Bool = false,
        by caller: Caller, also companion: @escaping CredentialCompanion = { _ in }
    ) async throws -> PasswordChangeOutcome {
        let facts = try await facts(of: person, in: caller.tenant)
        return try await replace(
            facts, with: candidate, mustChange: mustChange, secondFactorRequired: secondFactorRequired, by: caller
        ) { tx in
            try companion(tx)
            return true
        }
    }

    /// Changes one's own password, proven by the present one.
    /// - Throws: as `setPassword`.
    public func changePassword(
        from present: SecretText, to candidate: SecretText, of person: PersonID, secondFactorRequired: Bool = false,
        by caller: Caller, also companion: @escaping CredentialCompanion = { _ in }
    ) async throws -> PasswordChangeOutcome {
        let facts = try await facts(of: person, in: caller.tenant)
        guard try await matches(present, facts.present, in: caller.tenant) != .mismatched else { return .wrongPassword }
        return try await replace(
            facts, with: candidate, mustChange: false, secondFactorRequired: secondFactorRequired, by: caller
        ) { tx in
            try companion(tx)
            return true
        }
    }

    /// Sets a password by a link of `purpose`; the link is used up in the transaction that stores the password, so a
    /// refused candidate leaves it open.
    /// - Throws: as `setPassword`.
    public func setPassword(
        _ candidate: SecretText, byLink text: String, purpose: LinkPurpose = .passwordReset,
        secondFactorRequired: Bool = false, caller: Caller, also companion: @escaping CredentialCompanion = { _ in }
    ) async throws -> PasswordChangeOutcome {
        guard case .valid(let link) = try await openLink(text, for: purpose, in: caller.tenant),
            let person = link.person
        else { return .linkRefused }
        let facts = try await facts(of: person, in: caller.tenant)
        return try await replace(
            facts, with: candidate, mustChange: false, secondFactorRequired: secondFactorRequired, by: caller
        ) { [self] tx in
            guard case .valid = try useLink(text, for: purpose, by: caller, in: tx) else { return false }
            try companion(tx)
            return true
        }
    }

    /// Compares a typed password with a person's. For nobody (nil), and for somebody without a local password, it does
    /// the same work and answers `mismatched`. A right password whose stored hash is outdated is hashed anew.
    ///
    /// A right password has to be changed when an administrator set it, when it is too old, when it has become known
    /// from a breach (NIST SP 800-63B-4 §3.1.1.2), or when it `standsAlone`, without a second factor, and is shorter
    /// than such a password may be: it was chosen beside a factor that has been removed since.
    /// - Throws: `passwords.busy`, `passwords.pepper-missing` and what the store throws; none of them lets anybody in.
    public func verifyPassword(
        _ typed: SecretText, of person: PersonID?, in tenant: TenantID, standsAlone: Bool = false
    ) async throws -> PasswordVerification {
        let stored = try await store.read { sql -> StoredPassword? in
            guard let person, try sql.person(person, in: tenant) != nil else { return nil }
            return try sql.password(of: person)
        }
        let outcome = try await matches(typed, stored, in: tenant)
        guard case .matched(let isOutdated) = outcome, let stored, let person else { return .mismatched }
        if isOutdated { await rehash(typed, stored, of: person, in: tenant) }
        return .matched(mustChange: try await changeReason(typed, stored, standsAlone: standsAlone))
    }

    private func changeReason(
        _ typed: SecretText, _ stored: StoredPassword, standsAlone: Bool
    ) async throws -> PasswordChangeReason? {
        if stored.mustChange || policy.isExpired(changedAt: stored.changedAt, now: clock()) { return .expired }
        if standsAlone, !policy.isLongEnoughAlone(typed) { return .tooShort }
        return try await isCompromised(typed) ? .compromised : nil
    }
}

extension CredentialService {
    private func matches(
        _ typed: SecretText, _ stored: StoredPassword?, in tenant: TenantID
    ) async throws -> VerificationOutcome {
        // Nothing longer was ever stored; whose password it is makes no difference to this answer's time.
        guard typed.reveal().utf8.count <= PasswordHasher.passwordLengthLimit else { return .mismatched }
        let hash = try stored.map { try hasher.read($0.hash) }
        return try await hasher.verify(typed, against: hash, pepper: pepper(tenant), share: share(tenant))
    }

    /// Evaluates, hashes and stores. `prepare` runs first in the transaction; false means that the link is spent.
    private func replace(
        _ facts: PasswordFacts, with candidate: SecretText, mustChange: Bool, secondFactorRequired: Bool,
        by caller: Caller, prepare: @escaping @Sendable (Transaction) throws -> Bool
    ) async throws -> PasswordChangeOutcome {
        let verdict = try await judge(
            candidate, facts, secondFactorRequired: secondFactorRequired, comparesHistory: true)
        guard verdict.violations.isEmpty else { return .refused(verdict.violations) }
        let hash = try await hasher.hash(candidate, pepper: pepper(caller.tenant), share: share(caller.tenant)).encoded
        let history = policy.history
        return try await store.write(.administration) { [signals] tx in
            let person = facts.person.id
            // The history was compared with what is stored now; another change in between would go uncompared.
            guard try tx.sql.person(person, in: caller.tenant) != nil,
                try tx.sql.password(of: person)?.hash == facts.present?.hash
            else { throw Fault.stale("password") }
            guard try prepare(tx) else { return .linkRefused }
            try tx.sql.setPassword(
                hash, of: person, in: caller.tenant, mustChange: mustChange, keeping: history, at: tx.now)
            try tx.append(
                caller.event(
                    "password.changed", Stream("person", person),
                    facts: [Fact("first", .bool(facts.present == nil)), Fact("must_change", .bool(mustChange))]))
            let change: SecurityEvent.Kind.Change = facts.present == nil ? .create : .update
            try signals?.changed(.password, change, of: person, by: caller, tx)
            return .changed
        }
    }

    /// Stores a stronger hash of a password just proven. A failure here (a full queue, say) must not refuse a right
    /// password: the next login tries again.
    private func rehash(_ typed: SecretText, _ stored: StoredPassword, of person: PersonID, in tenant: TenantID) async {
        guard let hash = try? await hasher.hash(typed, pepper: pepper(tenant), share: share(tenant)).encoded else {
            return
        }
        let caller = Caller(tenant: tenant, actor: .system("rehash"), command: .random(at: clock()))
        _ = try? await store.write(.login) { tx in
            guard try tx.sql.rehashPassword(of: person, from: stored.hash, to: hash) else { return }
            try tx.append(caller.event("password.rehashed", Stream("person", person)))
        }
    }
}
