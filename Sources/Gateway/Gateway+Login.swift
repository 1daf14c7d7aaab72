import Authorization
import Identity
import Providers
import Vocabulary

// How the login service and the directory jobs are joined to the rest of the gateway.

extension Gateway {
    static func makeLogin(
        _ configuration: Configuration, _ parts: LoginParts
    ) -> LoginService {
        let resolver = parts.resolver
        var environment = LoginEnvironment(
            providers: { parts.entries(of: $0) },
            standing: { person, tenant in
                let isAsked = parts.applications.all(in: tenant).contains {
                    ($0.requirement.strength ?? .none) >= .aal2
                }
                return try await LoginStanding.resolve(
                    person, in: tenant, by: resolver, isAskedByApplication: isAsked)
            },
            containers: { try await resolver.table.snapshot(of: $0).containers },
            application: { parts.applications.application($0) },
            personChanged: { resolver.cache.forget(.person($0), in: $1) },
            groupsAdded: { try await resolver.table.reload($0) },
            configurationDigest: { configuration.digest })
        environment.duties = { GroupDuties(authorization: try await resolver.table.snapshot(of: $0)) }
        let rules = SessionRules(resolver: resolver, meter: parts.meter)
        environment.signIn = { try await rules.ruling(of: $0, in: $1) }
        environment.keep = { try await rules.ruling(of: $0) }
        let (store, clock) = (resolver.store, resolver.clock)
        environment.applicationRequest = {
            try await PendingSignOn.request(behind: $0, in: $1, store: store, clock: clock)
        }
        return LoginService(
            store: resolver.store, live: parts.live, credentials: parts.credentials,
            settings: LoginSettings(
                sessions: configuration.sessions, lockout: configuration.lockout,
                flowLifetime: configuration.login.flowLifetime, groupLimit: configuration.limits.groupsPerPerson,
                deviceLifetime: configuration.login.deviceLifetime, anomalies: configuration.anomalies.settings),
            environment: environment, clock: resolver.clock)
    }

    /// The directory jobs of all enabled LDAP providers.
    public var syncTargets: [SyncTarget] {
        configuration.tenants.compactMap { tenants.tenant(slug: $0.slug) }.flatMap { syncTargets(in: $0.id) }
    }

    /// The directory jobs of one tenant.
    public func syncTargets(in tenant: TenantID) -> [SyncTarget] {
        providers.enabled(in: tenant).compactMap { provider in
            guard case .ldap(let settings) = provider.configuration.kind,
                let source = directories.directory(provider.id)
            else { return nil }
            return SyncTarget(
                provider: provider.id, tenant: tenant, key: provider.configuration.key, source: source,
                configuration: settings.sync)
        }
    }

    /// The directory job of a provider by its configured name. Throws `not_found`.
    public func syncTarget(named key: String, in tenant: TenantID) throws -> SyncTarget {
        guard let target = syncTargets(in: tenant).first(where: { $0.key == key }) else {
            throw Fault.notFound("directory")
        }
        return target
    }
}

/// What the login service is made of.
struct LoginParts: Sendable {
    let live: LiveCredentials
    let credentials: CredentialService
    let resolver: SubjectResolver
    let applications: ApplicationTable
    let providers: ProviderTable
    let directories: DirectoryTable
    let redirects: RedirectTable
    let meter: PolicyMeter

    /// The enabled providers of a tenant, in the order they are shown.
    func entries(of tenant: TenantID) -> [LoginProviderEntry] {
        providers.enabled(in: tenant).compactMap { provider in
            let configuration = provider.configuration
            let primary: PrimaryProvider
            switch configuration.kind {
            case .local: primary = .local
            case .ldap(let settings):
                guard let directory = directories.directory(provider.id) else { return nil }
                primary = .directory(UpstreamDirectory(directory, settings))
            case .upstream, .saml:
                guard let redirect = redirects.provider(provider.id) else { return nil }
                primary = .redirect(redirect)
            }
            return LoginProviderEntry(
                id: provider.id, tenant: tenant, name: configuration.name, domains: configuration.domains,
                provider: primary)
        }
    }
}
