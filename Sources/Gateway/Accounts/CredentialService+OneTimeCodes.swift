import Identity
import OAuth
import Storage
import Vocabulary

/// A begun enrolment: what the authenticator app is shown, once.
public struct TOTPEnrolment: Sendable {
    public let id: CredentialID
    /// Base 32, to type in where no camera is at hand.
    public let secret: SecretText
    /// What the QR code says.
    public let uri: SecretText
}

/// What a typed code proved to be.
public enum CodeOutcome: Sendable, Hashable {
    case accepted
    case wrong
    /// Right, but used before.
    case replayed
    /// There is nothing to compare it with.
    case notEnrolled
    /// Too many tries in this step.
    case retryAfter(Duration)
}

/// A typed code, compared. A right one is used up in the transaction that relies on it: either both happen or neither,
/// and of two requests with one code, one gets it.
struct ExaminedCode: Sendable {
    let outcome: CodeOutcome
    /// Uses the code up; false when another request was faster.
    let use: @Sendable (Transaction) throws -> Bool

    init(_ outcome: CodeOutcome, use: @escaping @Sendable (Transaction) throws -> Bool) {
        self.outcome = outcome
        self.use = use
    }

    static func refused(_ outcome: CodeOutcome) -> ExaminedCode { ExaminedCode(outcome) { _ in false } }
}

extension CredentialService {
    /// Most authenticator apps of one person.
    public static let totpLimit = 5
    /// How long a begun enrolment can be confirmed.
    public static let enrolmentLifetime: Duration = .seconds(15 * 60)
    private static let secretLength = 20

    /// Makes a secret, keeps it sealed and shows it once. An unfinished earlier enrolment is forgotten.
    ///
    /// The caller has proven more than a password, or holds an invitation: a password alone enrols no first factor.
    /// - Throws: `not_found`, `invalid` at the limit.
    public func beginTOTP(for person: PersonID, by caller: Caller) async throws -> TOTPEnrolment {
        let id = CredentialID.random(at: clock())
        let secret = SecretBytes(Randomness.bytes(Self.secretLength))
        let sealed = try store.keys.seal(
            secret.reveal(), purpose: .credential, tenant: caller.tenant, context: Self.context(id, person))
        let account = try await store.write(.login) { tx in
            guard let row = try tx.sql.person(person, in: caller.tenant) else { throw Fault.notFound("person") }
            guard try tx.sql.totp(of: person).count < Self.totpLimit else {
                throw Fault.invalid(
                    "There are \(Self.totpLimit) authenticator apps already.", remedy: "Remove one first.")
            }
            try tx.sql.insertPendingTOTP(id, of: person, in: caller.tenant, sealedSecret: sealed, at: tx.now)
            try tx.append(
                caller.event(
                    "totp.enrolment_begun", Stream("person", person), facts: [Fact("credential", .id(id, "credential"))]
                ))
            return row.login
        }
        return TOTPEnrolment(
            id: id, secret: SecretText(Base32.encode(secret.reveal())),
            uri: totp.keyURI(issuer: issuer, account: account, secret: secret))
    }

    /// Compares the first code of an enrolment; using it up completes the enrolment.
    func examineEnrolment(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> ExaminedCode {
        try await store.write(.login) { [self] tx in
            let pending = try tx.sql.totp(of: person, pending: true)
                .filter { tx.now < $0.createdAt + Self.enrolmentLifetime }
            guard let credential = pending.first else { return .refused(.notEnrolled) }
            if let wait = try admit(person, caller.tenant, tx) { return .refused(.retryAfter(wait)) }
            guard case .accepted(let step) = try outcome(code, credential, caller.tenant, tx.now) else {
                return .refused(.wrong)
            }
            return ExaminedCode(.accepted) { [self] tx in
                guard try tx.sql.confirmTOTP(credential.id, step: step, at: tx.now) else { return false }
                try note("totp.enrolled", credential, by: caller, tx)
                try signals?.changed(.app, .create, of: person, by: caller, tx)
                return true
            }
        }
    }

    /// Compares a code with a person's authenticator apps. Three tries a step, right or wrong.
    func examineTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> ExaminedCode {
        try await store.write(.login) { [self] tx in
            let credentials = try tx.sql.totp(of: person)
            guard !credentials.isEmpty else { return .refused(.notEnrolled) }
            if let wait = try admit(person, caller.tenant, tx) { return .refused(.retryAfter(wait)) }
            var isReplayed = false
            for credential in credentials {
                switch try outcome(code, credential, caller.tenant, tx.now) {
                case .wrong: continue
                case .replayed: isReplayed = true
                case .accepted(let step):
                    return ExaminedCode(.accepted) { [self] tx in
                        guard try tx.sql.acceptTOTPStep(credential.id, step: step) else { return false }
                        try note("totp.used", credential, by: caller, tx)
                        return true
                    }
                }
            }
            return .refused(isReplayed ? .replayed : .wrong)
        }
    }

    /// Whether this is the code that was accepted last: a form sent twice, not a second login. Counts as a try.
    func isLastAcceptedTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> Bool {
        try await store.write(.login) { [self] tx in
            guard try admit(person, caller.tenant, tx) == nil else { return false }
            return try tx.sql.totp(of: person).contains { credential in
                let secret = try secret(of: credential, caller.tenant)
                let last = totp.code(secret: secret, counter: UInt64(max(0, credential.lastStep)))
                return equalInConstantTime(last.utf8, code.reveal().utf8)
            }
        }
    }

    private func note(_ type: String, _ credential: StoredTOTP, by caller: Caller, _ tx: Transaction) throws {
        try forgetTries(credential.person, caller.tenant, tx)
        try tx.append(
            caller.event(
                type, Stream("person", credential.person),
                facts: [Fact("credential", .id(credential.id, "credential"))]))
    }

    /// Removes every authenticator app of a person, and the recovery codes that stood in for them.
    /// Answers how many apps there were.
    public func removeTOTP(of person: PersonID, by caller: Caller) async throws -> Int {
        try await store.write(.administration) { [signals] tx in
            guard try tx.sql.person(person, in: caller.tenant) != nil else { throw Fault.notFound("person") }
            let count = try tx.sql.deleteTOTP(of: person)
            guard count > 0 else { return 0 }
            let hadCodes = try tx.sql.hasRecoveryCodes(person)
            try tx.sql.replaceRecoveryCodes([], of: person)
            try tx.append(
                caller.event(
                    "totp.removed", Stream("person", person), facts: [Fact("count", .integer(Int64(count)))]))
            try signals?.changed(.app, .delete, of: person, by: caller, tx)
            if hadCodes { try signals?.changed(.recoveryCodes, .delete, of: person, by: caller, tx) }
            return count
        }
    }
}

extension CredentialService {
    private static let triesKind = "code"

    private static func context(_ id: CredentialID, _ person: PersonID) -> [UInt8] { id.bytes + person.bytes }

    private func outcome(
        _ code: SecretText, _ credential: StoredTOTP, _ tenant: TenantID, _ now: Timestamp
    ) throws -> TOTP.Outcome {
        let last = credential.confirmedAt == nil ? nil : credential.lastStep
        return totp.verify(
            code.reveal(), secret: try secret(of: credential, tenant), now: now, lastAcceptedStep: last)
    }

    private func secret(of credential: StoredTOTP, _ tenant: TenantID) throws -> SecretBytes {
        SecretBytes(
            try store.keys.open(
                credential.sealedSecret, purpose: .credential, tenant: tenant,
                context: Self.context(credential.id, credential.person)))
    }

    /// Counts a try; how long to wait when there have been too many. Codes of every kind share one budget.
    func admit(_ person: PersonID, _ tenant: TenantID, _ tx: Transaction) throws -> Duration? {
        let known = try tx.sql.softLock(Self.triesKind, person.bytes, in: tenant)
        var tries = try known.map { try JSONColumn.decode(CodeAttempts.self, $0.state) } ?? CodeAttempts()
        if case .retryAfter(let wait) = tries.admit(at: tx.now, stepSeconds: totp.stepSeconds) { return wait }
        guard case .text(let state) = try JSONColumn.encode(tries),
            try tx.sql.putSoftLock(
                Self.triesKind, person.bytes, in: tenant, state: state, expecting: known?.revision,
                expiresAt: tx.now + .seconds(4 * totp.stepSeconds))
        else { throw Fault.stale("count of tries") }
        return nil
    }

    func forgetTries(_ person: PersonID, _ tenant: TenantID, _ tx: Transaction) throws {
        try tx.sql.clearSoftLock(Self.triesKind, person.bytes, in: tenant)
    }
}
