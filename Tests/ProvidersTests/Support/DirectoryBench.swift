import Fixtures
import Logging
import Vocabulary

@testable import Providers

/// A slapd with the edge-case entries, and a directory over it.
struct DirectoryBench {
    let fixture: FixtureDirectory
    let server: SlapdServer
    static let provider = ProviderID(high: 1, low: 1)
    static let tenant = TenantID(high: 1, low: 2)
    static let now = Timestamp(seconds: 1_790_000_000)

    init(logsOperations: Bool = false) async throws {
        fixture = FixtureDirectory.edgeCases()
        var options = SlapdOptions(ldif: .text(fixture.ldif), suffix: fixture.suffix)
        options.logsOperations = logsOperations
        server = try await SlapdServer(options)
    }

    func settings(
        login: LDAPDirectorySettings.LoginMethod = .search(), members: LDAPDirectorySettings.MemberAttribute = .member,
        password: String? = nil
    ) -> LDAPDirectorySettings {
        LDAPDirectorySettings(
            provider: Self.provider, tenant: Self.tenant,
            servers: [.init(host: "127.0.0.1", port: UInt16(server.ports.ldap), protection: .plaintext)],
            service: .init(dn: server.serviceDN, password: SecretText(password ?? server.servicePassword)),
            login: login,
            people: .init(base: fixture.peopleBase, attributes: ["mail": "mail", "display_name": "cn", "nick": "sn"]),
            groups: .init(
                base: fixture.groupsBase,
                filter: members == .memberUid ? "(objectClass=posixGroup)" : "(objectClass=groupOfNames)",
                memberAttribute: members),
            pageSize: 5)
    }

    func directory(_ settings: LDAPDirectorySettings? = nil) throws -> LDAPDirectory {
        try LDAPDirectory(settings ?? self.settings(), logger: Logger(label: "directory")) { Self.now }
    }
}
