import Identity
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

    /// Completes an enrolment by a first right code.
    public func confirmTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome {
        try await store.write(.login) { [self] tx in
            let pending = try tx.sql.totp(of: person, pending: true)
                .filter { tx.now < $0.createdAt + Self.enrolmentLifetime }
            guard let credential = pending.first else { return .notEnrolled }
            if let wait = try admit(person, caller.tenant, tx) { return .retryAfter(wait) }
            guard case .accepted(let step) = try outcome(code, credential, caller.tenant, tx.now),
                try tx.sql.confirmTOTP(credential.id, step: step, at: tx.now)
            else { return .wrong }
            try forgetTries(person, caller.tenant, tx)
            try tx.append(
                caller.event(
                    "totp.enrolled", Stream("person", person),
                    facts: [Fact("credential", .id(credential.id, "credential"))]))
            return .accepted
        }
    }

    /// Uses a code up: of two requests with one code, one is accepted. Three tries a step, right or wrong.
    public func verifyTOTP(_ code: SecretText, of person: PersonID, by caller: Caller) async throws -> CodeOutcome {
        try await store.write(.login) { [self] tx in
            let credentials = try tx.sql.totp(of: person)
            guard !credentials.isEmpty else { return .notEnrolled }
            if let wait = try admit(person, caller.tenant, tx) { return .retryAfter(wait) }
            var isReplayed = false
            for credential in credentials {
                switch try outcome(code, credential, caller.tenant, tx.now) {
                case .wrong: continue
                case .replayed: isReplayed = true
                case .accepted(let step):
                    guard try tx.sql.acceptTOTPStep(credential.id, step: step) else { return .replayed }
                    try forgetTries(person, caller.tenant, tx)
                    try tx.append(
                        caller.event(
                            "totp.used", Stream("person", person),
                            facts: [Fact("credential", .id(credential.id, "credential"))]))
                    return .accepted
                }
            }
            return isReplayed ? .replayed : .wrong
        }
    }

    /// Removes every authenticator app of a person, and the recovery codes that stood in for them.
    /// Answers how many apps there were.
    public func removeTOTP(of person: PersonID, by caller: Caller) async throws -> Int {
        try await store.write(.administration) { tx in
            guard try tx.sql.person(person, in: caller.tenant) != nil else { throw Fault.notFound("person") }
            let count = try tx.sql.deleteTOTP(of: person)
            guard count > 0 else { return 0 }
            try tx.sql.replaceRecoveryCodes([], of: person)
            try tx.append(
                caller.event(
                    "totp.removed", Stream("person", person), facts: [Fact("count", .integer(Int64(count)))]))
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
        let secret = try store.keys.open(
            credential.sealedSecret, purpose: .credential, tenant: tenant,
            context: Self.context(credential.id, credential.person))
        let last = credential.confirmedAt == nil ? nil : credential.lastStep
        return totp.verify(code.reveal(), secret: SecretBytes(secret), now: now, lastAcceptedStep: last)
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
