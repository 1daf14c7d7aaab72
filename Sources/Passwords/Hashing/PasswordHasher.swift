import Vocabulary

/// What a password proved to be.
public enum VerificationOutcome: Hashable, Sendable {
    /// It is the password. `rehash` asks for `hash` to be called with it now, and the result stored: the stored hash is
    /// of an imported format, of lesser costs or under an older pepper key.
    case matched(rehash: Bool)
    case mismatched
}

/// Hashes and verifies passwords with argon2id on threads of its own.
///
/// Nothing here blocks the caller's thread. Every call is one job of a bounded queue; a full queue throws
/// `passwords.busy`, whose `retryAfter` estimates the wait (HTTP: 429 with `Retry-After`).
public final class PasswordHasher: Sendable {
    /// Hashes the password with a stored hash's salt and costs; tests watch or slow it down.
    typealias Derivation = @Sendable (SecretBuffer, Argon2Hash) throws -> SecretBuffer

    /// Most hashes that one history check compares.
    public static let historyLimit = 24
    /// Longest password in bytes of UTF-8.
    public static let passwordLengthLimit = PasswordNormalization.lengthLimit

    public let configuration: PasswordHasherConfiguration
    private let queue: HashingQueue
    private let derive: Derivation

    /// Starts the threads; they end with this object.
    /// - Throws: `passwords.configuration` for limits out of range, `passwords.threads` when the system refuses one.
    public convenience init(configuration: PasswordHasherConfiguration = .init()) throws(Fault) {
        try self.init(configuration: configuration) { try Argon2Hash.derive($0, like: $1) }
    }

    init(configuration: PasswordHasherConfiguration, derive: @escaping Derivation) throws(Fault) {
        try configuration.validate()
        self.configuration = configuration
        self.derive = derive
        queue = try HashingQueue(
            threads: configuration.threads, queueLimit: configuration.queueLimit,
            queueLimitPerShare: configuration.queueLimitPerShare)
    }

    deinit { queue.stop() }

    /// Makes a hash to store: argon2id with the current parameters, a fresh salt and the current pepper key.
    ///
    /// `share` names whose turn this takes in the queue (a tenant); shares are served in turn.
    /// - Throws: `passwords.empty`, `passwords.too-long`, `passwords.busy`, `passwords.memory`, `CancellationError`.
    public func hash(_ password: SecretText, pepper: PepperSource = .none, share: UInt64 = 0) async throws
        -> PasswordHash
    {
        guard !password.reveal().isEmpty else { throw Fault("passwords.empty", .caller, "The password is empty.") }
        let input = try PasswordNormalization.normalized(password)
        let blank = blankHash(pepper)
        return try await queue.run(share: share) { [derive] in
            let digest = try derive(pepper.apply(keyID: blank.pepperKeyID, to: input), blank)
            return PasswordHash(
                Argon2Hash(
                    parameters: blank.parameters, pepperKeyID: blank.pepperKeyID, salt: blank.salt,
                    digest: digest.withBytes { Array($0) }))
        }
    }

    /// Compares a password with what is stored. With nil (nobody of that name, or nobody with a password here) it does
    /// the work of a current hash all the same and answers `mismatched`, so that time tells nothing.
    /// - Throws: `passwords.too-long`, `passwords.busy`, `passwords.pepper-missing`, `passwords.memory`,
    ///   `CancellationError`.
    public func verify(
        _ password: SecretText, against stored: PasswordHash?, pepper: PepperSource = .none, share: UInt64 = 0
    ) async throws -> VerificationOutcome {
        let work = try verification(of: password, against: stored, pepper: pepper)
        guard try await queue.run(share: share, work), let stored else { return .mismatched }
        let rehash = stored.needsRehash(
            parameters: configuration.parameters, pepperKeyID: pepper.currentKeyID)
        return .matched(rehash: rehash)
    }

    /// Whether the password is one of a person's former ones. Each comparison is a job of its own.
    /// - Throws: `passwords.history` for more than `historyLimit` hashes, and what `verify` throws.
    public func matchesAny(
        _ password: SecretText, of history: [PasswordHash], pepper: PepperSource = .none, share: UInt64 = 0
    ) async throws -> Bool {
        guard history.count <= Self.historyLimit else {
            throw Fault("passwords.history", .ourselves, "More than \(Self.historyLimit) former passwords to compare.")
        }
        for former in history
        where try await verify(password, against: former, pepper: pepper, share: share) != .mismatched { return true }
        return false
    }

    /// Reads a stored hash under this hasher's limits, which always admit what it makes itself.
    /// - Throws: `passwords.hash-malformed`, `passwords.hash-cost`.
    public func read(_ encoded: String) throws(Fault) -> PasswordHash {
        try PasswordHash(encoded, limits: configuration.importLimits.admitting(configuration.parameters))
    }

    /// How busy the hashing threads are at one moment, for metrics.
    public struct Load: Hashable, Sendable {
        public let threads: Int
        public let running: Int
        public let queued: Int
        /// How long one more verification would take to be answered.
        public let estimatedWait: Duration
        /// Work refused with `passwords.busy` so far.
        public let refused: Int
        /// How long work took that is done, in seconds.
        public let times: Distribution
    }

    /// How busy the threads are, for metrics and readiness.
    public var load: Load { queue.load }

    /// Refuses what waits and what comes with `passwords.stopping`; work under way is finished.
    public func shutDown() { queue.stop() }
}

extension PasswordHasher {
    private func verification(
        of password: SecretText, against stored: PasswordHash?, pepper: PepperSource
    ) throws(Fault) -> @Sendable () throws -> Bool {
        guard let scheme = stored?.scheme else {
            return try argon2Verification(of: password, against: blankHash(pepper), pepper: pepper)
        }
        if case .argon2(let hash) = scheme, hash.variant == .argon2id {
            return try argon2Verification(of: password, against: hash, pepper: pepper)
        }
        let spellings = try PasswordNormalization.spellings(password)
        return { [derive] in
            for spelling in spellings
            where try scheme.matches(spelling, pepper: pepper, derive: derive) { return true }
            return false
        }
    }

    private func argon2Verification(
        of password: SecretText, against hash: Argon2Hash, pepper: PepperSource
    ) throws(Fault) -> @Sendable () throws -> Bool {
        let input = try PasswordNormalization.normalized(password)
        return { [derive] in
            try derive(pepper.apply(keyID: hash.pepperKeyID, to: input), hash).equals(hash.digest)
        }
    }

    /// What a current hash looks like before it has a digest: the frame of a new one, and the stranger's dummy.
    func blankHash(_ pepper: PepperSource) -> Argon2Hash {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<Argon2Hash.saltLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Argon2Hash(
            parameters: configuration.parameters, pepperKeyID: pepper.currentKeyID, salt: salt,
            digest: [UInt8](repeating: 0, count: Argon2Hash.digestLength))
    }
}

extension PasswordHash.Scheme {
    fileprivate func matches(
        _ password: SecretBuffer, pepper: PepperSource, derive: PasswordHasher.Derivation
    ) throws -> Bool {
        switch self {
        case .argon2(let hash):
            try derive(pepper.apply(keyID: hash.pepperKeyID, to: password), hash).equals(hash.digest)
        case .crypt(let hash): hash.matches(password)
        case .pbkdf2(let hash): try hash.matches(password)
        case .scrypt(let hash): try hash.matches(password)
        case .directory(let hash): try hash.matches(password)
        }
    }
}
