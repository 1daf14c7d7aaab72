import LDAP
import Vocabulary

/// Everything an LDAP directory has to be told: where it is, how it is trusted, who asks and what is asked for.
public struct LDAPDirectorySettings: Sendable {
    /// The provider whose people these are.
    public var provider: ProviderID
    public var tenant: TenantID
    /// In order of preference: a later one is used while the earlier ones fail.
    public var servers: [Server]
    /// A PEM file of authorities; nil for the system's.
    public var authoritiesFile: String?
    /// `sha256:…` of the server's public key, demanded beside the certificate.
    public var pin: String?
    public var connectTimeout: Duration
    public var operationTimeout: Duration
    public var searchConnections: Int
    public var bindConnections: Int
    /// Who reads the directory; nil reads as nobody, and at a login as the person.
    public var service: ServiceCredentials?
    public var login: LoginMethod
    /// Login domains that lead here, as `NameKey` forms: a login `DOMAIN\\ada` is taken apart where it names one.
    public var domains: Set<String>
    public var people: People
    public var groups: Groups?
    public var pageSize: Int

    public init(
        provider: ProviderID, tenant: TenantID, servers: [Server], authoritiesFile: String? = nil, pin: String? = nil,
        connectTimeout: Duration = .seconds(3), operationTimeout: Duration = .seconds(5), searchConnections: Int = 16,
        bindConnections: Int = 16, service: ServiceCredentials? = nil, login: LoginMethod = .search(),
        domains: Set<String> = [], people: People, groups: Groups? = nil, pageSize: Int = 500
    ) {
        self.provider = provider
        self.tenant = tenant
        self.servers = servers
        self.authoritiesFile = authoritiesFile
        self.pin = pin
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.searchConnections = searchConnections
        self.bindConnections = bindConnections
        self.service = service
        self.login = login
        self.domains = domains
        self.people = people
        self.groups = groups
        self.pageSize = pageSize
    }
}

extension LDAPDirectorySettings {
    /// One server and how the way to it is protected.
    public struct Server: Sendable, Hashable {
        /// TLS from the first byte, or StartTLS before anything else is said; plain LDAP cannot be named.
        public enum Protection: Sendable, Hashable { case ldaps, startTLS, plaintext }
        public var host: String
        public var port: UInt16
        public var protection: Protection

        public init(host: String, port: UInt16, protection: Protection) {
            self.host = host
            self.port = port
            self.protection = protection
        }
    }

    /// The account that searches.
    public struct ServiceCredentials: Sendable {
        public var dn: String
        public var password: SecretText
        public init(dn: String, password: SecretText) {
            self.dn = dn
            self.password = password
        }

        var account: LDAPServiceAccount { LDAPServiceAccount(dn: dn, password: Array(password.reveal().utf8)) }
    }

    /// How a login becomes an entry to bind as. In templates `{login}` stands for the login as typed, `{localpart}` for
    /// it without its domain, `{domain}` for the domain; values are escaped by the template's grammar.
    public enum LoginMethod: Sendable, Hashable {
        /// Find the entry, then bind as it. Without a filter the login is the login attribute's value, or, with an
        /// `@` in it, the mail address.
        case search(filter: String? = nil)
        /// Bind as this name: a distinguished name where the template holds an `=`, else a principal's, as in
        /// `{login}@example.org` or `EXAMPLE\\{login}`.
        case direct(template: String)
    }

    /// How a login finds the groups somebody is in.
    public enum GroupLookup: String, Sendable, Hashable, CaseIterable {
        /// Follow the groups that list the person, then those that list these.
        case members
        /// Read what Active Directory counts itself: security groups, so no others are then read by jobs either.
        case tokenGroups
    }

    /// The attribute that never changes while an entry lives.
    public enum KeyAttribute: String, Sendable, Hashable, CaseIterable { case entryUUID, objectGUID, nsUniqueId }

    /// The attribute that lists a group's members.
    public enum MemberAttribute: String, Sendable, Hashable, CaseIterable { case member, uniqueMember, memberUid }

    /// Where people are and how they are read.
    public struct People: Sendable {
        public var base: String
        public var filter: String
        public var loginAttribute: String
        public var keyAttribute: KeyAttribute
        /// Our attribute's name to the directory's.
        public var attributes: [String: String]

        public init(
            base: String, filter: String = "(objectClass=inetOrgPerson)", loginAttribute: String = "uid",
            keyAttribute: KeyAttribute = .entryUUID, attributes: [String: String] = [:]
        ) {
            self.base = base
            self.filter = filter
            self.loginAttribute = loginAttribute
            self.keyAttribute = keyAttribute
            self.attributes = attributes
        }
    }

    /// Where groups are and how they are read.
    public struct Groups: Sendable {
        public var base: String
        public var filter: String
        public var keyAttribute: KeyAttribute
        public var nameAttribute: String
        public var memberAttribute: MemberAttribute
        public var isNested: Bool
        /// How many steps of nesting a login follows.
        public var depthLimit: Int
        public var lookup: GroupLookup

        public init(
            base: String, filter: String = "(objectClass=groupOfNames)", keyAttribute: KeyAttribute = .entryUUID,
            nameAttribute: String = "cn", memberAttribute: MemberAttribute = .member, isNested: Bool = true,
            depthLimit: Int = 32, lookup: GroupLookup? = nil
        ) {
            self.base = base
            self.filter = filter
            self.keyAttribute = keyAttribute
            self.nameAttribute = nameAttribute
            self.memberAttribute = memberAttribute
            self.isNested = isNested
            self.depthLimit = depthLimit
            self.lookup = lookup ?? (keyAttribute == .objectGUID ? .tokenGroups : .members)
        }

        /// The filter that logins and jobs both use, so that a login takes away no group that a job has brought:
        /// `tokenGroups` names security groups only (GROUP_TYPE_SECURITY_ENABLED, MS-ADTS §2.2.12).
        var effectiveFilter: String {
            lookup == .tokenGroups ? "(&\(filter)(groupType:1.2.840.113556.1.4.803:=2147483648))" : filter
        }
    }

    /// Whoever waits for a connection longer than an operation may take is told that the directory is busy.
    func poolLimits(_ connections: Int) -> LDAPPoolLimits {
        LDAPPoolLimits(connections: max(1, connections), waiting: 512, longestWait: operationTimeout)
    }

    /// One connection's settings per server.
    var connections: [LDAPConfiguration] {
        let trust = LDAPTrust(authoritiesFile: authoritiesFile ?? LDAPTrust.systemAuthorities, pin: pin)
        return servers.map { server in
            let transport: LDAPTransport =
                switch server.protection {
                case .ldaps: .ldaps(trust)
                case .startTLS: .startTLS(trust)
                case .plaintext: .allowPlaintext
                }
            return LDAPConfiguration(
                endpoint: LDAPEndpoint(host: server.host, port: server.port), transport: transport,
                connectTimeout: connectTimeout, operationTimeout: operationTimeout)
        }
    }
}
