import Logging
import Providers
import Synchronization
import Vocabulary

/// The configured LDAP directories, each with its connections, by provider.
public final class DirectoryTable: Sendable {
    private let memory = Mutex<[ProviderID: LDAPDirectory]>([:])

    func directory(_ id: ProviderID) -> LDAPDirectory? { memory.withLock { $0[id] } }

    /// Opens what is configured and enabled; connections are made at first use, so a directory that is away holds up
    /// nothing here.
    ///
    /// - Throws: `configuration.invalid` and what a secret's source throws, naming the provider.
    func open(
        _ providers: [ConfiguredProvider], logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) throws {
        var opened: [ProviderID: LDAPDirectory] = [:]
        for provider in providers where provider.configuration.isEnabled {
            guard case .ldap(let settings) = provider.configuration.kind else { continue }
            opened[provider.id] = try LDAPDirectory(
                LDAPDirectorySettings(
                    settings, domains: provider.configuration.domains, provider: provider.id, tenant: provider.tenant),
                logger: logger,
                clock: clock)
        }
        let fresh = opened
        memory.withLock { $0 = fresh }
    }
}
