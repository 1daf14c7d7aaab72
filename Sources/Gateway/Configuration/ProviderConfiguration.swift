import Vocabulary

/// One way to authenticate people. `key` is permanent; `name` is shown and may change.
public struct ProviderConfiguration: Sendable {
    /// What stands behind the provider.
    public enum Kind: Sendable {
        case local
        case ldap(LDAPProviderConfiguration)
        case upstream(UpstreamProviderConfiguration)
        case saml(SAMLProviderConfiguration)
    }
    public var key: String
    /// The key it had before, whose identities, groups and mappings it goes on with.
    public var was: String?
    public var tenant: String
    public var name: String
    public var isEnabled: Bool
    /// Login domains that lead here (home-realm discovery), lower case.
    public var domains: [String]
    public var kind: Kind

    /// Whether passwords are kept here.
    public var isLocal: Bool { if case .local = kind { true } else { false } }
}

/// A provider of `type: ldap`: its servers, how they are trusted, and what is read from them.
public struct LDAPProviderConfiguration: Sendable {
    public var servers: [LDAPServerURL]
    public var caFile: String?
    public var startTLS: Bool
    public var pins: [String]
    public var connectTimeout: Duration
    public var operationTimeout: Duration
    public var searchConnections: Int
    public var bindConnections: Int
    public var bindDN: String?
    public var bindPassword: SecretSource?
    public var login: LDAPLoginConfiguration
    public var people: LDAPPeopleConfiguration
    public var groups: LDAPGroupsConfiguration?
    public var sync: SyncConfiguration
    /// Creates the person at a first login that the directory confirms (just in time).
    public var createsPeopleAtLogin: Bool
}

/// `ldaps://host[:636]` or `ldap://host[:389]`.
public struct LDAPServerURL: Sendable, Hashable, CustomStringConvertible {
    public var isTLS: Bool
    public var host: String
    public var port: Int

    public init?(_ text: String) {
        let lowered = text.lowercased()
        guard lowered.hasPrefix("ldap://") || lowered.hasPrefix("ldaps://") else { return nil }
        isTLS = lowered.hasPrefix("ldaps")
        let authority = text.dropFirst(isTLS ? 8 : 7).prefix { $0 != "/" }
        let standard = isTLS ? 636 : 389
        let withPort =
            authority.contains(":") && !authority.hasSuffix("]") ? String(authority) : "\(authority):\(standard)"
        guard let address = ListenAddress(withPort), address.port > 0 else { return nil }
        host = address.host
        port = address.port
    }

    public var description: String { "\(isTLS ? "ldaps" : "ldap")://\(ListenAddress(host: host, port: port))" }
}

/// How a login becomes a bind, and how many may fail.
public struct LDAPLoginConfiguration: Sendable {
    /// How the entry of a login is found. In filter and template `{login}` is the login as typed, `{localpart}` without
    /// its domain, `{domain}` the domain.
    public enum Method: Sendable, Hashable {
        /// Find the entry, then bind as it; without a filter by the login attribute, or the mail address.
        case search(filter: String?)
        /// Bind with this template: a distinguished name, or a principal's name for Active Directory.
        case direct(template: String)
    }
    public var method: Method
    /// Failed binds allowed per account in the window, two below the directory's own lockout threshold.
    public var bindLimit: Int
    public var bindWindow: Duration
}

/// Where people are, what names them, and which attributes are read.
public struct LDAPPeopleConfiguration: Sendable {
    public var base: String
    public var filter: String
    public var loginAttribute: String
    public var keyAttribute: DirectoryKeyAttribute
    /// Our attribute's name to the directory's.
    public var attributes: [String: String]
}

/// Where groups are, what names them, and how members are written.
public struct LDAPGroupsConfiguration: Sendable {
    /// The attribute that lists members, and with it whether they are names of entries or logins.
    public enum MemberAttribute: String, Sendable, CaseIterable { case member, uniqueMember, memberUid }
    public var base: String
    public var filter: String
    public var keyAttribute: DirectoryKeyAttribute
    public var nameAttribute: String
    public var memberAttribute: MemberAttribute
    public var nested: Bool
    public var depthLimit: Int
    /// How a login finds its groups; nil for what fits the key attribute.
    public var lookup: GroupLookup?

    /// By following members, or by what Active Directory counts itself.
    public enum GroupLookup: String, Sendable, CaseIterable {
        case members
        case tokenGroups = "token_groups"
    }
}

/// The attribute that never changes while an entry lives.
public enum DirectoryKeyAttribute: String, Sendable, CaseIterable { case entryUUID, objectGUID, nsUniqueId }

/// When directory jobs run, how far they may go alone, and how long leavers are kept.
public struct SyncConfiguration: Sendable {
    public var schedule: SyncSchedule?
    public var jitter: Duration
    public var pageSize: Int
    public var removalsCount: Int
    public var removalsPercent: Int
    public var protectedRoles: [String]
    public var graceDays: Int
}
