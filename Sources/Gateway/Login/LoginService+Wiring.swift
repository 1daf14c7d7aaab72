import Identity
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// The login of a whole gateway. It keeps the fold of failures, so there is one for the life of the process.
    ///
    /// - Parameter directories: the connected directory of a provider; nil for one that is not a directory.
    static func wired(
        store: Store, live: LiveCredentials, credentials: CredentialService, configuration: Configuration,
        providers: ProviderTable, directories: @escaping @Sendable (ProviderID) -> LDAPDirectory?,
        applications: ApplicationTable, resolver: SubjectResolver
    ) -> LoginService {
        let requiredRoles = Set(configuration.multiFactor.requiredRoles)
        let digest = configuration.digest
        return LoginService(
            store: store, live: live, credentials: credentials,
            settings: LoginSettings(
                sessions: configuration.sessions, lockout: configuration.lockout,
                flowLifetime: configuration.login.flowLifetime, groupLimit: configuration.limits.groupsPerPerson),
            environment: LoginEnvironment(
                providers: { tenant in providers.enabled(in: tenant).compactMap { entry($0, directories) } },
                standing: { person, tenant in
                    try await LoginStanding.resolve(person, in: tenant, by: resolver, requiredRoles: requiredRoles)
                },
                containers: { try await resolver.table.snapshot(of: $0).containers },
                application: { applications.application($0) },
                personChanged: { resolver.cache.forget(.person($0), in: $1) },
                groupsAdded: { _ = try await resolver.table.reload($0) }, configurationDigest: { digest }),
            clock: resolver.clock)
    }

    private static func entry(
        _ provider: ConfiguredProvider, _ directories: @Sendable (ProviderID) -> LDAPDirectory?
    ) -> LoginProviderEntry? {
        let primary: PrimaryProvider
        switch provider.configuration.kind {
        case .local: primary = .local
        case .ldap(let settings):
            guard let directory = directories(provider.id) else { return nil }
            primary = .directory(UpstreamDirectory(directory, settings))
        }
        return LoginProviderEntry(
            id: provider.id, tenant: provider.tenant, name: provider.configuration.name,
            domains: provider.configuration.domains, provider: primary)
    }
}
