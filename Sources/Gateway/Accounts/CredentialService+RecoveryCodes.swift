import Identity
import OAuth
import Storage
import Vocabulary

extension CredentialService {
    /// Makes new recovery codes, shown once; the earlier ones are void.
    /// - Throws: `not_found`.
    public func makeRecoveryCodes(for person: PersonID, by caller: Caller) async throws -> [SecretText] {
        let drawn = try drawRecoveryCodes(for: person, by: caller)
        try await store.write(.login) { try drawn.keep($0) }
        return drawn.codes
    }

    /// Codes that are in force when `keep` has run, in the transaction that they belong to.
    func drawRecoveryCodes(
        for person: PersonID, by caller: Caller
    ) throws -> (codes: [SecretText], keep: CredentialCompanion) {
        let random = Randomness.bytes(recoveryCodeCount * RecoveryCodes.bytesPerCode)
        guard let codes = RecoveryCodes.make(count: recoveryCodeCount, random: random) else {
            throw Fault("randomness.failed", .ourselves, "No recovery codes could be made.")
        }
        let hashes = codes.compactMap { RecoveryCodes.hash($0, of: person) }
        return (
            codes,
            { [signals] tx in
                guard try tx.sql.person(person, in: caller.tenant) != nil else { throw Fault.notFound("person") }
                let isFirst = try !tx.sql.hasRecoveryCodes(person)
                try tx.sql.replaceRecoveryCodes(hashes, of: person)
                try tx.append(
                    caller.event(
                        "recovery_codes.made", Stream("person", person),
                        facts: [Fact("count", .integer(Int64(hashes.count)))]))
                try signals?.changed(.recoveryCodes, isFirst ? .create : .update, of: person, by: caller, tx)
            }
        )
    }

    /// Compares a recovery code. It shares the budget of tries with one-time codes.
    func examineRecoveryCode(
        _ code: SecretText, of person: PersonID, by caller: Caller
    ) async throws -> ExaminedCode {
        guard let hash = RecoveryCodes.hash(code, of: person) else { return .refused(.wrong) }
        return try await store.write(.login) { [self] tx in
            guard try tx.sql.person(person, in: caller.tenant) != nil else { return .refused(.notEnrolled) }
            if let wait = try admit(person, caller.tenant, tx) { return .refused(.retryAfter(wait)) }
            switch try tx.sql.recoveryCodeUse(hash, of: person) {
            case nil: return .refused(.wrong)
            case .used?: return .refused(.replayed)
            case .open?: return ExaminedCode(.accepted) { [self] in try useRecoveryCode(hash, person, caller, $0) }
            }
        }
    }

    /// Whether this code was used up after `since`: a form sent twice, not a second login. Counts as a try.
    func isRecoveryCode(
        _ code: SecretText, of person: PersonID, usedSince since: Timestamp, by caller: Caller
    ) async throws -> Bool {
        guard let hash = RecoveryCodes.hash(code, of: person) else { return false }
        return try await store.write(.login) { [self] tx in
            guard try admit(person, caller.tenant, tx) == nil,
                case .used(let moment)? = try tx.sql.recoveryCodeUse(hash, of: person)
            else { return false }
            return moment >= since
        }
    }

    private func useRecoveryCode(
        _ hash: [UInt8], _ person: PersonID, _ caller: Caller, _ tx: Transaction
    ) throws -> Bool {
        guard try tx.sql.useRecoveryCode(hash, of: person, at: tx.now) else { return false }
        try forgetTries(person, caller.tenant, tx)
        let remaining = try tx.sql.unusedRecoveryCodes(of: person)
        try tx.append(
            caller.event(
                "recovery_code.used", Stream("person", person), facts: [Fact("remaining", .integer(remaining))]))
        return true
    }

    /// How many codes a person has left.
    public func remainingRecoveryCodes(of person: PersonID) async throws -> Int {
        try await store.read { Int(try $0.unusedRecoveryCodes(of: person)) }
    }
}

/// What has become of a recovery code.
enum RecoveryCodeUse: Sendable, Equatable {
    case open
    case used(Timestamp)
}

extension SQLConnection {
    /// Whether a person was ever given codes that are not void, used or not.
    func hasRecoveryCodes(_ person: PersonID) throws -> Bool {
        try queryOne("SELECT 1 FROM recovery_code WHERE person = ?1 LIMIT 1", [.id(person)]) != nil
    }

    /// Whether a code with this hash is a person's, and when it was used; nil when it never was theirs or is void.
    func recoveryCodeUse(_ hash: [UInt8], of person: PersonID) throws -> RecoveryCodeUse? {
        try queryOne(
            "SELECT used_at FROM recovery_code WHERE person = ?1 AND hash = ?2", [.id(person), .blob(hash)]
        ).map { try $0.optionalTime(0).map { .used($0) } ?? .open }
    }
}
