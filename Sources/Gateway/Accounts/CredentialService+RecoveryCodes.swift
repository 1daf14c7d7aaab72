import Identity
import Storage
import Vocabulary

extension CredentialService {
    /// Makes new recovery codes, shown once; the earlier ones are void.
    /// - Throws: `not_found`.
    public func makeRecoveryCodes(for person: PersonID, by caller: Caller) async throws -> [SecretText] {
        let random = Randomness.bytes(recoveryCodeCount * RecoveryCodes.bytesPerCode)
        guard let codes = RecoveryCodes.make(count: recoveryCodeCount, random: random) else {
            throw Fault("randomness.failed", .ourselves, "No recovery codes could be made.")
        }
        let hashes = codes.compactMap { RecoveryCodes.hash($0, of: person) }
        try await store.write(.login) { tx in
            guard try tx.sql.person(person, in: caller.tenant) != nil else { throw Fault.notFound("person") }
            try tx.sql.replaceRecoveryCodes(hashes, of: person)
            try tx.append(
                caller.event(
                    "recovery_codes.made", Stream("person", person),
                    facts: [Fact("count", .integer(Int64(hashes.count)))]))
        }
        return codes
    }

    /// Uses a recovery code up. It shares the budget of tries with one-time codes.
    public func useRecoveryCode(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome
    {
        guard let hash = RecoveryCodes.hash(code, of: person) else { return .wrong }
        return try await store.write(.login) { [self] tx in
            guard try tx.sql.person(person, in: caller.tenant) != nil else { return .notEnrolled }
            if let wait = try admit(person, caller.tenant, tx) { return .retryAfter(wait) }
            guard try tx.sql.useRecoveryCode(hash, of: person, at: tx.now) else { return .wrong }
            try forgetTries(person, caller.tenant, tx)
            let remaining = try tx.sql.unusedRecoveryCodes(of: person)
            try tx.append(
                caller.event(
                    "recovery_code.used", Stream("person", person), facts: [Fact("remaining", .integer(remaining))]))
            return .accepted
        }
    }

    /// How many codes a person has left.
    public func remainingRecoveryCodes(of person: PersonID) async throws -> Int {
        try await store.read { Int(try $0.unusedRecoveryCodes(of: person)) }
    }
}
