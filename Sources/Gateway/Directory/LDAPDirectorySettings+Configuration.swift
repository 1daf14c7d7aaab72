import Identity
import Providers
import Vocabulary

extension LDAPDirectorySettings {
    /// The settings a configured directory amounts to; reads the service account's password from its source.
    ///
    /// - Throws: what the secret's source throws, and `configuration.invalid` for more than one pin or a bad port.
    public init(
        _ configuration: LDAPProviderConfiguration, domains: [String] = [], provider: ProviderID, tenant: TenantID
    ) throws {
        guard configuration.pins.count <= 1 else {
            throw Fault("configuration.invalid", .ourselves, "A directory has at most one pin.")
        }
        let service = try configuration.bindDN.flatMap { dn in
            try configuration.bindPassword.map { ServiceCredentials(dn: dn, password: try $0.load()) }
        }
        self.init(
            provider: provider, tenant: tenant,
            servers: configuration.servers.map { server in
                Server(
                    host: server.host, port: UInt16(clamping: server.port),
                    protection: server.isTLS ? .ldaps : configuration.startTLS ? .startTLS : .plaintext)
            },
            authoritiesFile: configuration.caFile, pin: configuration.pins.first,
            connectTimeout: configuration.connectTimeout, operationTimeout: configuration.operationTimeout,
            searchConnections: configuration.searchConnections, bindConnections: configuration.bindConnections,
            service: service, login: LoginMethod(configuration.login.method),
            domains: Set(domains.map { NameKey.of($0) }),
            people: People(configuration.people),
            groups: configuration.groups.map(Groups.init), pageSize: configuration.sync.pageSize)
    }
}

extension LDAPDirectorySettings.People {
    init(_ configuration: LDAPPeopleConfiguration) {
        self.init(
            base: configuration.base, filter: configuration.filter, loginAttribute: configuration.loginAttribute,
            keyAttribute: LDAPDirectorySettings.KeyAttribute(configuration.keyAttribute),
            attributes: configuration.attributes)
    }
}

extension LDAPDirectorySettings.LoginMethod {
    init(_ method: LDAPLoginConfiguration.Method) {
        self =
            switch method {
            case .search(let filter): .search(filter: filter)
            case .direct(let template): .direct(template: template)
            }
    }
}

extension LDAPDirectorySettings.KeyAttribute {
    init(_ attribute: DirectoryKeyAttribute) {
        self =
            switch attribute {
            case .entryUUID: .entryUUID
            case .objectGUID: .objectGUID
            case .nsUniqueId: .nsUniqueId
            }
    }
}

extension LDAPDirectorySettings.Groups {
    init(_ configuration: LDAPGroupsConfiguration) {
        let member: LDAPDirectorySettings.MemberAttribute =
            switch configuration.memberAttribute {
            case .member: .member
            case .uniqueMember: .uniqueMember
            case .memberUid: .memberUid
            }
        self.init(
            base: configuration.base, filter: configuration.filter,
            keyAttribute: LDAPDirectorySettings.KeyAttribute(configuration.keyAttribute),
            nameAttribute: configuration.nameAttribute, memberAttribute: member, isNested: configuration.nested,
            depthLimit: configuration.depthLimit,
            lookup: configuration.lookup.map { $0 == .tokenGroups ? .tokenGroups : .members })
    }
}
