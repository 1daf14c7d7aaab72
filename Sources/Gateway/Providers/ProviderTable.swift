import Synchronization
import Vocabulary

/// A configured way to authenticate, under the id the store gave it.
public struct ConfiguredProvider: Sendable {
    public let id: ProviderID
    public let tenant: TenantID
    public let configuration: ProviderConfiguration

    public var isLocal: Bool {
        if case .local = configuration.kind { true } else { false }
    }
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

    func set(_ providers: [ConfiguredProvider]) { memory.withLock { $0 = providers } }
}
