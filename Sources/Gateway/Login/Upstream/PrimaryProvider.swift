import Identity
import Providers
import Vocabulary

/// What a directory said to a login and a password.
public enum DirectoryOutcome: Sendable {
    /// The password is right; `mustChange` where the directory lets the person in only with a new one.
    case verified(ExternalIdentity, mustChange: Bool)
    /// `reason` is the directory's own, a closed word for the journal.
    case refused(LoginRefusal, reason: String? = nil)
    /// It could not be asked.
    case unavailable
    /// The account's binds are used up; how long to wait.
    case throttled(Duration)
}

/// What a directory said to a new password.
public enum DirectoryPasswordOutcome: Sendable, Hashable {
    case changed
    case presentWrong
    /// Too weak, too young, used before.
    case refused
    case unavailable
    /// The account's binds are used up; how long to wait.
    case throttled(Duration)
}

/// A directory people sign in with: its operations and its limits, none of them about the protocol.
public struct UpstreamDirectory: Sendable {
    /// Each bind that may fail is admitted first.
    public typealias Authenticate =
        @Sendable (
            _ login: String, _ password: SecretText, _ admission: BindAdmission
        ) async throws -> DirectoryOutcome
    /// What the first bind of a login will be admitted as, told from the login and the upstream key of the person who
    /// has it here; so that one transaction can count the try and admit the bind.
    public typealias ExpectedAccount = @Sendable (_ login: String, _ subjectKey: String?) -> String?
    public typealias ChangePassword =
        @Sendable (
            _ login: String, _ present: SecretText, _ new: SecretText, _ admission: BindAdmission
        ) async throws -> DirectoryPasswordOutcome

    /// Failed binds allowed per account in a window; nil for a directory that locks nobody.
    public let bindLimit: Int?
    public let bindWindow: Duration
    /// Makes the person at a first login that the directory confirms.
    public let createsPeople: Bool
    /// Nil where nothing is known before the directory is asked.
    let expectedAccount: ExpectedAccount?
    let authenticate: Authenticate
    /// Nil where passwords cannot be changed through here.
    let changePassword: ChangePassword?

    public init(
        bindLimit: Int?, bindWindow: Duration, createsPeople: Bool, expectedAccount: ExpectedAccount? = nil,
        authenticate: @escaping Authenticate, changePassword: ChangePassword? = nil
    ) {
        self.bindLimit = bindLimit
        self.bindWindow = bindWindow
        self.createsPeople = createsPeople
        self.expectedAccount = expectedAccount
        self.authenticate = authenticate
        self.changePassword = changePassword
    }
}

/// The closed set of what can prove a first factor.
public enum PrimaryProvider: Sendable {
    case local
    case directory(UpstreamDirectory)
    /// People are sent there; no password is checked here.
    case redirect(RedirectProvider)
}

/// One provider of a tenant as the login pages offer it.
public struct LoginProviderEntry: Sendable {
    public let id: ProviderID
    public let tenant: TenantID
    public let name: String
    /// Lower case.
    public let domains: [String]
    public let provider: PrimaryProvider

    public init(id: ProviderID, tenant: TenantID, name: String, domains: [String], provider: PrimaryProvider) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.domains = domains
        self.provider = provider
    }

    var directory: UpstreamDirectory? { if case .directory(let directory) = provider { directory } else { nil } }

    var redirect: RedirectProvider? { if case .redirect(let provider) = provider { provider } else { nil } }

    var isLocal: Bool { if case .local = provider { true } else { false } }
}
