import Crypto
import Identity
import Passwords
import Storage
import Vocabulary

/// What a person proves themselves with here: local password, authenticator app, recovery codes, single-use links.
/// Every change is a row and an event in one transaction; secrets leave only as `Secret` and only once.
public struct CredentialService: Sendable {
    let store: Store
    let hasher: PasswordHasher
    let policy: PasswordPolicy
    let configuredWords: [String]
    let totp: TOTP
    let issuer: String
    let recoveryCodeCount: Int
    let blockList: BlockList
    let breached: BreachedPasswords?
    let clock: @Sendable () -> Timestamp
    /// What policies have to say of a new password; nil asks none.
    var rules: PasswordRules?
    /// Tells receivers of signals what changes; nil tells nobody.
    var signals: SignalOutbox?

    /// - Throws: `configuration.mfa` when the one-time codes are configured out of range.
    public init(
        store: Store, hasher: PasswordHasher, passwords: PasswordConfiguration, multiFactor: MultiFactorConfiguration,
        blockList: BlockList, breached: BreachedPasswords?, clock: @escaping @Sendable () -> Timestamp
    ) throws {
        let period = multiFactor.period.microseconds / 1_000_000
        guard
            let totp = TOTP(
                digits: multiFactor.digits, stepSeconds: period, skewSteps: Int64(multiFactor.skewSteps)),
            (1...RecoveryCodes.countLimit).contains(multiFactor.recoveryCodes)
        else { throw Fault("configuration.mfa", .ourselves, "The settings of one-time codes are out of range.") }
        self.store = store
        self.hasher = hasher
        policy = PasswordPolicy(passwords)
        configuredWords = passwords.contextWords
        self.totp = totp
        issuer = multiFactor.issuer
        recoveryCodeCount = multiFactor.recoveryCodes
        self.blockList = blockList
        self.breached = breached
        self.clock = clock
    }

    /// Peppers under the tenant's keys; a stored hash names the one it was made with, so that keys can be rotated.
    func pepper(_ tenant: TenantID) throws -> PepperSource {
        let keys = store.keys
        let current = keys.secret(.passwordPepper, tenant: tenant).id
        return try PepperSource(currentKeyID: current.description) { name, message in
            guard let id = KeyID(name) else { return nil }
            let key = SymmetricKey(data: try keys.secret(id, .passwordPepper, tenant: tenant).reveal())
            return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
        }
    }

    /// A tenant's turn in the hashing queue.
    func share(_ tenant: TenantID) -> UInt64 {
        tenant.bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PasswordPolicy {
    init(_ settings: PasswordConfiguration) {
        self.init(
            minimumLength: settings.minimumLength, minimumLengthWithSecondFactor: settings.minimumLengthWithMultiFactor,
            maximumBytes: settings.maximumBytes, history: settings.history,
            composition: PasswordComposition(
                upper: settings.upper, lower: settings.lower, digit: settings.digit, special: settings.special),
            maximumAge: settings.maximumAge)
    }
}
