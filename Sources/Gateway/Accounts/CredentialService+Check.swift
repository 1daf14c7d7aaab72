import Dispatch
import Identity
import Passwords
import Storage
import Vocabulary

/// What the policy says about a candidate, for the person or administrator who asks.
public struct PasswordVerdict: Sendable, Hashable {
    /// Empty when it may be used.
    public let violations: [PasswordPolicyViolation]
    /// Advice only.
    public let strength: PasswordStrength
}

extension CredentialService {
    /// Judges a candidate for a person without storing anything: `gatehouse user password check`.
    ///
    /// It is not compared with the present password or former ones: whoever may ask this about somebody would learn
    /// theirs by asking often enough. A change of password compares, after the present one or a link.
    ///
    /// `secondFactorRequired` says that this person's roles demand a second factor; one already confirmed counts too.
    /// - Throws: `not_found`, `passwords.busy`, `blocklist.*`, and what the store throws.
    public func check(
        _ candidate: SecretText, for person: PersonID, in tenant: TenantID, secondFactorRequired: Bool = false
    ) async throws -> PasswordVerdict {
        let facts = try await facts(of: person, in: tenant)
        return try await judge(
            candidate, facts, secondFactorRequired: secondFactorRequired, comparesHistory: false)
    }

    /// What is read once per change of password.
    struct PasswordFacts: Sendable {
        let person: Person
        let tenantWords: [String]
        let hasSecondFactor: Bool
        let present: StoredPassword?
        let former: [String]
    }

    func facts(of id: PersonID, in tenant: TenantID) async throws -> PasswordFacts {
        let history = policy.history
        return try await store.read { sql in
            guard let person = try sql.person(id, in: tenant), let owner = try sql.tenant(tenant) else {
                throw Fault.notFound("person")
            }
            return PasswordFacts(
                person: person, tenantWords: [owner.slug, owner.name],
                hasSecondFactor: try !sql.totp(of: id).isEmpty, present: try sql.password(of: id),
                former: try sql.passwordHistory(of: id, limit: history))
        }
    }

    func judge(
        _ candidate: SecretText, _ facts: PasswordFacts, secondFactorRequired: Bool, comparesHistory: Bool
    ) async throws -> PasswordVerdict {
        // Longer ones are refused by the policy; nothing is hashed for them.
        let isHashable = candidate.reveal().utf8.count <= min(policy.maximumBytes, PasswordHasher.passwordLengthLimit)
        var context = PasswordContext(
            facts.person, tenantWords: facts.tenantWords,
            hasSecondFactor: secondFactorRequired || facts.hasSecondFactor,
            isReused: isHashable && comparesHistory ? try await isReused(candidate, facts) : false,
            isCompromised: isHashable ? try await isCompromised(candidate) : false)
        for word in configuredWords { context.add(word, .configured) }
        var violations = policy.evaluate(candidate, context, blockList: blockList)
        if isHashable, let rules {
            let refusal = try await rules.refusal(
                of: PasswordShape(of: candidate), hasSecondFactor: context.hasSecondFactor, for: facts.person.id,
                in: facts.person.tenant)
            if let refusal { violations.append(.forbidden(rule: refusal)) }
        }
        return PasswordVerdict(
            violations: violations,
            strength: PasswordStrength(of: candidate, blockList: blockList))
    }

    private func isReused(_ candidate: SecretText, _ facts: PasswordFacts) async throws -> Bool {
        guard policy.history > 0 else { return false }
        let pepper = try pepper(facts.person.tenant)
        let share = share(facts.person.tenant)
        let former = try facts.former.map { try hasher.read($0) }
        if let present = try facts.present.map({ try hasher.read($0.hash) }) {
            let outcome = try await hasher.verify(candidate, against: present, pepper: pepper, share: share)
            if outcome != .mismatched { return true }
        }
        return try await hasher.matchesAny(candidate, of: former, pepper: pepper, share: share)
    }

    /// The look-up may wait for a cold disk, so it leaves the threads that everything else runs on.
    func isCompromised(_ candidate: SecretText) async throws -> Bool {
        guard let breached else { return false }
        return try await withCheckedThrowingContinuation { continuation in
            Self.lookups.async { continuation.resume(with: Result { try breached.contains(candidate) }) }
        }
    }

    private static let lookups = DispatchQueue(label: "gatehouse.breached-passwords")
}
