/// What an account's token says: what its users share, what it gives and takes, how much it may have, and who is revoked.
public struct AccountClaims: Sendable, Equatable {
    public var common: CommonClaims
    public var limits: AccountLimits
    /// Further keys that sign its users, each once.
    public var signingKeys: [SigningKey]
    public var exports: [Export]
    public var imports: [Import]
    /// Users whose tokens hold no longer.
    public var revocations: Revocations
    /// For users whose tokens say nothing of subjects.
    public var defaultRights: SubjectRights
    /// Where messages go instead: a subject, and where it leads to.
    public var mappings: [String: [Mapping]]
    /// Users who decide about users, in authorization callouts.
    public var callout: Callout?
    public var trace: Trace?
    /// In whose name servers of a cluster carry its messages.
    public var clusterTraffic: ClusterTraffic?
    public var description: String?
    /// Where people read about it.
    public var informationAddress: String?

    /// An account without limits and JetStream, until some are set.
    public init(_ common: CommonClaims, limits: AccountLimits = AccountLimits(), signingKeys: [SigningKey] = []) {
        self.common = common
        self.limits = limits
        self.signingKeys = signingKeys
        exports = []
        imports = []
        revocations = Revocations()
        defaultRights = SubjectRights()
        mappings = [:]
    }

    /// A key that signs users in an account's name: with rights of their own, or, scoped, with those of the key alone.
    public enum SigningKey: Sendable, Equatable {
        case plain(NKey)
        case scoped(Scope)

        public var key: NKey {
            switch self {
            case .plain(let key): key
            case .scoped(let scope): scope.key
            }
        }
    }

    /// What the users of a scoped signing key may do, whatever is signed with it.
    public struct Scope: Sendable, Equatable {
        public var key: NKey
        /// For people.
        public var role: String
        public var description: String
        /// Its subjects may have blanks: `{{name()}}`, `{{subject()}}`, `{{account-name()}}`, `{{account-subject()}}`,
        /// `{{tag(x)}}`, `{{account-tag(x)}}`.
        public var template: UserRights

        /// Users of this key have the template's rights.
        public init(_ key: NKey, role: String, template: UserRights, description: String = "") {
            self.key = key
            self.role = role
            self.template = template
            self.description = description
        }
    }

    /// Where messages lead to instead of their subject.
    public struct Mapping: Sendable, Equatable {
        public var subject: String
        /// Of a hundred messages.
        public var percent: Int
        /// For messages of this cluster's connections; nil for those of all that have no mapping of their own.
        public var cluster: String?

        /// All messages, unless said otherwise.
        public init(_ subject: String, percent: Int = 100, cluster: String? = nil) {
            self.subject = subject
            self.percent = percent
            self.cluster = cluster
        }
    }

    /// Users who decide about others' connections.
    public struct Callout: Sendable, Equatable {
        public var users: [NKey]
        /// Which accounts they may let into; nil in `anyAccount`'s stead names them one by one.
        public var accounts: [NKey]
        public var anyAccount: Bool
        /// Requests to them are encrypted to this key.
        public var curveKey: NKey?

        /// These users decide, about their own account.
        public init(users: [NKey], accounts: [NKey] = [], anyAccount: Bool = false, curveKey: NKey? = nil) {
            self.users = users
            self.accounts = accounts
            self.anyAccount = anyAccount
            self.curveKey = curveKey
        }
    }

    /// Where the traces of messages go.
    public struct Trace: Sendable, Equatable {
        public var destination: String
        /// Of a hundred messages.
        public var percent: Int

        /// All messages that ask for it, unless said otherwise.
        public init(destination: String, percent: Int = 100) {
            self.destination = destination
            self.percent = percent
        }
    }

    /// In whose name servers carry messages to each other.
    public enum ClusterTraffic: String, Sendable, CaseIterable {
        case system, owner
    }

    /// The signing key of this public key.
    public func signingKey(_ key: NKey) -> SigningKey? { signingKeys.first { $0.key == key } }
}
