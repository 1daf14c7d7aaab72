import Governance
import Vocabulary

/// Everything `config/gatehouse.yaml` can say, decoded once and handed down as plain values.
public struct Configuration: Sendable {
    public var server: ServerConfiguration
    public var storage: StorageConfiguration
    public var masterKey: SecretSource
    /// The first is the default tenant and answers at the root.
    public var tenants: [TenantConfiguration]
    public var providers: [ProviderConfiguration]
    public var roles: [RoleConfiguration]
    public var mappings: [MappingConfiguration]
    public var applications: [ApplicationConfiguration]
    public var policies: [PolicyFileConfiguration]
    public var passwords: PasswordConfiguration
    public var sessions: SessionConfiguration
    public var login: LoginConfiguration
    public var multiFactor: MultiFactorConfiguration
    public var lockout: LockoutConfiguration
    public var anomalies: AnomalyConfiguration
    public var journal: JournalConfiguration
    public var decisions: DecisionConfiguration
    public var retention: RetentionConfiguration
    public var governance: GovernanceConfiguration
    public var compliance: ComplianceConfiguration
    public var notifications: NotificationConfiguration
    public var oauth: OAuthConfiguration
    public var saml: SAMLConfiguration
    public var nats: NATSConfiguration
    public var logging: LoggingConfiguration
    /// Address and port of a listener of its own for `/metrics`; nil serves it to administrators only.
    public var metricsListen: ListenAddress?
    public var limits: LimitConfiguration
    /// SHA-256 of the values in effect, secrets excluded: what the journal records at start.
    public var digest: [UInt8]
    /// The folder that relative paths were resolved against.
    public var folder: String
}

/// A socket address to listen on.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int

    /// `127.0.0.1:8443`, `[::1]:8443`; port 0 asks the system for a free one.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.host = String(host)
        self.port = port
    }

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// `server`: where it listens, what browsers see, and whose forwarded headers are believed.
public struct ServerConfiguration: Sendable {
    public var listen: ListenAddress
    public var publicURL: PublicURL
    public var tls: TLSFiles?
    /// Networks whose `X-Forwarded-*` and `X-Original-*` headers are believed. Empty believes nobody.
    public var trustedProxies: [CIDR]
    public var shutdownGrace: Duration
}

/// PEM files of the server's certificate chain and its key, as absolute paths.
public struct TLSFiles: Sendable, Hashable {
    public var certificate: String
    public var key: String
}

/// `storage`: the folder of rows, journal and decision segments, and how many connections read them.
public struct StorageConfiguration: Sendable {
    public var directory: String
    public var readers: Int
    /// Refuses a start where the directory lies on no volume that is known to be encrypted.
    public var requiresEncryptedVolume: Bool
}

/// One of `tenants`.
public struct TenantConfiguration: Sendable {
    public var slug: String
    /// The slug it had before: the stored tenant of that slug is renamed, where none has the present one.
    public var was: String?
    public var name: String
    public var publicURL: PublicURL
}

/// One of `roles`; parents and permissions by name.
public struct RoleConfiguration: Sendable {
    public var tenant: String
    public var name: String
    public var description: String?
    public var inherits: [String]
    public var permissions: [PermissionConfiguration]
    public var requiresMultiFactor: Bool
    /// Whether a role of this name that the API owns becomes the configuration's, with everyone who holds it.
    public var adopts: Bool
}

/// An action on a type of resource, narrowed by a pattern with `*` wildcards where one is given.
public struct PermissionConfiguration: Sendable {
    public var action: String
    public var type: String
    public var resource: String?
}

/// One of `mappings`: what a provider says about a person, and the role that follows.
public struct MappingConfiguration: Sendable {
    /// What has to be true of the upstream identity.
    public enum Match: Sendable, Hashable {
        /// The upstream group's immutable key.
        case group(String)
        case attribute(name: String, anyOf: [String])
    }
    public var tenant: String
    public var provider: String
    public var match: Match
    public var role: String
}

/// One of `policies`: a document's file, as an absolute path.
public struct PolicyFileConfiguration: Sendable {
    public var tenant: String
    public var file: String
}

/// `sessions`: how long they live, and how fast their end takes effect.
public struct SessionConfiguration: Sendable {
    public var idle: Duration
    public var absolute: Duration
    public var applicationIdle: Duration
    public var perPerson: Int
    /// From the commit of a revocation to its effect everywhere; no decision claims to be valid for longer.
    public var revocationBound: Duration
}

/// `login`: lifetimes of a login under way and of single-use links.
public struct LoginConfiguration: Sendable {
    public var flowLifetime: Duration
    public var linkLifetime: Duration
    /// How long a browser that nobody uses is remembered as one that somebody has signed in from.
    public var deviceLifetime: Duration

    /// Without a choice.
    public static let deviceLifetime: Duration = .days(180)
}

/// `mfa`: who needs a second factor, and the shape of one-time and recovery codes.
public struct MultiFactorConfiguration: Sendable {
    public var requiredRoles: [String]
    public var issuer: String
    public var digits: Int
    public var period: Duration
    public var skewSteps: Int
    public var recoveryCodes: Int
}

/// `lockout`: failures counted per account, source and known device.
public struct LockoutConfiguration: Sendable {
    public var accountLimit: Int
    public var sourceLimit: Int
    public var window: Duration
    public var lock: Duration
    public var knownDeviceLimit: Int
}

/// `journal`: how often heads are signed, and where copies of them go.
public struct JournalConfiguration: Sendable {
    /// A place outside that keeps signed heads.
    public enum Sink: Sendable {
        case file(String)
        /// Posted to `url`, signed with the shared secret; `caFile` replaces the system's authorities.
        case webhook(url: String, secret: SecretSource, caFile: String?)
    }
    public var headInterval: Duration
    public var sinks: [Sink]
    /// The list of erased people outside the database; a restore repeats what it names.
    public var erasureLog: String
}

/// `decisions`: the record of decisions, in bytes, time and places in the queue.
public struct DecisionConfiguration: Sendable {
    public var segmentSize: Int
    public var flushInterval: Duration
    public var queue: Int
    public var retention: Duration
}

/// `governance`: how governed policies are enforced, and which of them hold everywhere.
public struct GovernanceConfiguration: Sendable {
    /// The slug of the tenant whose system-wide policies hold in every tenant; nil when there is none.
    public var globalTenant: String?
    /// False lets every governed rule only log, whatever its enforcement.
    public var enforcesPolicies = true
    /// Whatever a request says is done in production waits for an approval, in every tenant.
    public var requiresApprovalForProduction = false
    /// Whoever wrote the last change of a policy does not approve it.
    public var approvesByAnother = false
    /// How many events of a policy, set or exemption lie between two snapshots of it.
    public var snapshots = SnapshotCadence.standard
    /// What is switched on; everything unless configuration names less.
    public var capabilities = Set(Capability.allCases)
    /// Target systems that are told who gets and loses entitlements.
    public var provisioning: [ProvisioningConfiguration] = []

    public init() {}
}

/// `governance.provisioning`: one target system.
public struct ProvisioningConfiguration: Sendable {
    /// The slug of the tenant whose assignments it is told of; nil for the default one.
    public var tenant: String?
    /// Where changes are posted to, signed with the shared secret.
    public var url: String
    public var secret: SecretSource
    /// Replaces the system's authorities.
    public var caFile: String?
}

/// `logging`: what is written to standard error, and how.
public struct LoggingConfiguration: Sendable {
    /// The least severe level that is written.
    public enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error }

    /// One JSON object a line for machines, or text for people.
    public enum Format: String, Sendable, CaseIterable { case json, text }
    public var level: Level
    public var format: Format
}

/// `limits`: what one request, person or tenant may ask of us; past each the answer is a refusal.
public struct LimitConfiguration: Sendable {
    public var headerBytes: Int
    public var bodyBytes: Int
    public var uriBytes: Int
    public var requestsPerSource: Int
    /// Calls of the API by one person or service account in a minute.
    public var callsPerCaller: Int
    /// Credentials that prove nobody, from one source in a minute.
    public var failedCallsPerSource: Int
    public var evaluationsPerRequest: Int
    public var groupsPerPerson: Int
    public var policiesPerTenant: Int
}

/// `passwords`: what a new password has to be, and what hashing costs.
public struct PasswordConfiguration: Sendable {
    public var minimumLength: Int
    public var minimumLengthWithMultiFactor: Int
    public var maximumBytes: Int
    public var blockList: Bool
    public var blockListFile: String?
    public var hibpFile: String?
    public var contextWords: [String]
    public var history: Int
    public var upper: Int
    public var lower: Int
    public var digit: Int
    public var special: Int
    public var maximumAge: Duration?
    public var argon2MemoryKiB: Int
    public var argon2Passes: Int
    public var argon2Lanes: Int
    public var hashingQueue: Int
}
