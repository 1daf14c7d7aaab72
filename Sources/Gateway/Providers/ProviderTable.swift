import Identity
import Providers
import Synchronization
import Vocabulary

/// A configured way to authenticate, under the id the store gave it.
public struct ConfiguredProvider: Sendable {
    public let id: ProviderID
    public let tenant: TenantID
    public let configuration: ProviderConfiguration

    public var isLocal: Bool { configuration.isLocal }
    /// Whether people are sent there to sign in.
    public var isRedirect: Bool { configuration.kind.isRedirect }
}

/// The providers in the order of the configuration.
public final class ProviderTable: Sendable {
    private let memory = Mutex<[ConfiguredProvider]>([])

    /// Every provider of the tenant in the order of the configuration, switched-off ones included.
    public func all(in tenant: TenantID) -> [ConfiguredProvider] {
        memory.withLock { $0.filter { $0.tenant == tenant } }
    }

    /// The providers of the tenant that take part in logins.
    public func enabled(in tenant: TenantID) -> [ConfiguredProvider] {
        all(in: tenant).filter(\.configuration.isEnabled)
    }

    /// The provider of this id, from memory.
    public func provider(_ id: ProviderID) -> ConfiguredProvider? { memory.withLock { $0.first { $0.id == id } } }
    /// By the configuration's permanent name.
    public func provider(named key: String, in tenant: TenantID) -> ConfiguredProvider? {
        memory.withLock { $0.first { $0.tenant == tenant && $0.configuration.key == key } }
    }

    /// What any of these accounts' providers says of a person. A provider that is configured no longer counts as saying
    /// what directories usually do: it may come back.
    func described(by identities: [LinkedIdentity]) -> DescribedAttributes {
        identities.reduce(identities.isEmpty ? .usual : .none) { described, identity in
            described.union(provider(identity.subject.provider)?.configuration.described ?? .usual)
        }
    }

    func set(_ providers: [ConfiguredProvider]) { memory.withLock { $0 = providers } }
}

extension ProviderConfiguration {
    /// What the provider says of people.
    fileprivate var described: DescribedAttributes {
        switch kind {
        case .local: .none
        case .ldap(let settings): LDAPDirectorySettings.People(settings.people).described
        case .upstream(let settings): OpenIDSettings.described(settings.attributes)
        case .saml(let settings): SAMLProviderSettings.described(settings.attributes)
        }
    }
}
