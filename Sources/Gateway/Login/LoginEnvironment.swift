import Governance
import Identity
import SAML
import Vocabulary

/// What a person holds, as a login and its event need it.
public struct LoginStanding: Sendable {
    public let roles: [RoleID]
    /// The mappings that gave roles.
    public let mappings: [MappingID]
    public let groups: [GroupID]
    /// A role requires two factors of every login.
    public let requiresMultiFactor: Bool
    /// A role does, or a policy or an application may ask for them: the first factor is not for a password to set up.
    public let mayBeAskedForMultiFactor: Bool

    public init(
        roles: [RoleID], mappings: [MappingID], groups: [GroupID], requiresMultiFactor: Bool,
        mayBeAskedForMultiFactor: Bool
    ) {
        self.roles = roles
        self.mappings = mappings
        self.groups = groups
        self.requiresMultiFactor = requiresMultiFactor
        self.mayBeAskedForMultiFactor = mayBeAskedForMultiFactor
    }
}

/// What a login asks of the rest of the gateway.
public struct LoginEnvironment: Sendable {
    /// Enabled providers of a tenant, in the order they are shown.
    public var providers: @Sendable (TenantID) -> [LoginProviderEntry]
    /// What a person holds, as it is now.
    public var standing: @Sendable (PersonID, TenantID) async throws -> LoginStanding
    /// For each group of a tenant, itself and every group it lies in.
    public var containers: @Sendable (TenantID) async throws -> [GroupID: [GroupID]]
    public var application: @Sendable (ApplicationID) -> ProtectedApplication?
    /// Runs after the commit that changed what a person holds.
    public var personChanged: @Sendable (PersonID, TenantID) -> Void
    /// Runs after a login made groups that were not known.
    public var groupsAdded: @Sendable (TenantID) async throws -> Void
    /// Judges the groups that a directory brings; nil judges none.
    var duties: @Sendable (TenantID) async throws -> GroupDuties? = { _ in nil }
    /// What rules say of a sign-in; nil where none is about it.
    var signIn: @Sendable (SessionRules.SignIn, TenantID) async throws -> SessionRuling? = { _, _ in nil }
    /// What rules say of a session that is shown; nil where none is about it.
    var keep: @Sendable (Session) async throws -> SessionRuling? = { _ in nil }
    /// The request of an application that speaks SAML for which a login was begun; nil for every other login.
    var applicationRequest: @Sendable (LoginRequest, LoginBrowser) async throws -> AcceptedRequest? = { _, _ in nil }
    /// Digest of the configuration in effect.
    public var configurationDigest: @Sendable () -> [UInt8]

    public init(
        providers: @escaping @Sendable (TenantID) -> [LoginProviderEntry],
        standing: @escaping @Sendable (PersonID, TenantID) async throws -> LoginStanding,
        containers: @escaping @Sendable (TenantID) async throws -> [GroupID: [GroupID]],
        application: @escaping @Sendable (ApplicationID) -> ProtectedApplication?,
        personChanged: @escaping @Sendable (PersonID, TenantID) -> Void,
        groupsAdded: @escaping @Sendable (TenantID) async throws -> Void,
        configurationDigest: @escaping @Sendable () -> [UInt8]
    ) {
        self.providers = providers
        self.standing = standing
        self.containers = containers
        self.application = application
        self.personChanged = personChanged
        self.groupsAdded = groupsAdded
        self.configurationDigest = configurationDigest
    }
}

/// The limits of logins, from configuration.
public struct LoginSettings: Sendable {
    public let sessions: SessionConfiguration
    public let lockout: LockoutConfiguration
    public let flowLifetime: Duration
    /// Groups that one person may bring from a directory.
    public let groupLimit: Int
    /// How long a browser is remembered as one that has signed in before.
    public let deviceLifetime: Duration
    /// What is looked for in sign-ins.
    public let anomalies: AnomalySettings

    public init(
        sessions: SessionConfiguration, lockout: LockoutConfiguration, flowLifetime: Duration, groupLimit: Int,
        deviceLifetime: Duration = LoginConfiguration.deviceLifetime, anomalies: AnomalySettings = AnomalySettings()
    ) {
        self.sessions = sessions
        self.lockout = lockout
        self.flowLifetime = flowLifetime
        self.groupLimit = groupLimit
        self.deviceLifetime = deviceLifetime
        self.anomalies = anomalies
    }
}
