import Identity
import SAML
import Storage
import Synchronization
import Vocabulary

/// An application that has people signed in here by SAML 2.0: a service provider, as the gateway works with it. It never
/// changes; another one takes its place.
public final class SAMLApplication: Sendable {
    public let id: SAMLApplicationID
    public let tenant: TenantID
    /// What the application calls itself, to the letter.
    public let entityID: String
    public let settings: SAMLApplicationSettings
    public let isDisabled: Bool
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp
    /// Its metadata as they are now; throws `Fault` with the reason where there are none that may be used.
    private let metadata: @Sendable () async throws -> EntityDescriptor

    init(
        id: SAMLApplicationID, tenant: TenantID, entityID: String, settings: SAMLApplicationSettings, isDisabled: Bool,
        managedBy: ManagedBy, version: Int64, createdAt: Timestamp,
        metadata: @escaping @Sendable () async throws -> EntityDescriptor
    ) {
        (self.id, self.tenant, self.entityID, self.settings) = (id, tenant, entityID, settings)
        (self.isDisabled, self.managedBy, self.version, self.createdAt) = (isDisabled, managedBy, version, createdAt)
        self.metadata = metadata
    }

    /// What people are shown.
    public var title: String { settings.title ?? entityID }

    /// Its metadata as they are now.
    ///
    /// - Throws: `Fault` with the reason where there are none that may be used.
    public func entity() async throws -> EntityDescriptor { try await metadata() }
}

/// The applications by tenant and entity id, in memory: every request of theirs begins here.
public final class SAMLApplicationTable: Sendable {
    private struct Memory {
        var byID: [SAMLApplicationID: SAMLApplication] = [:]
        /// By the entity id's octets: two that differ in normalization only are two.
        var byEntity: [TenantID: [[UInt8]: SAMLApplicationID]] = [:]
    }

    private let memory = Mutex(Memory())

    /// The application that calls itself so, switched off or not.
    public func application(_ entityID: String, in tenant: TenantID) -> SAMLApplication? {
        memory.withLock { memory in memory.byEntity[tenant]?[Array(entityID.utf8)].flatMap { memory.byID[$0] } }
    }

    /// The application of this id.
    public func application(_ id: SAMLApplicationID) -> SAMLApplication? { memory.withLock { $0.byID[id] } }

    /// A tenant's applications, by entity id.
    public func all(in tenant: TenantID) -> [SAMLApplication] {
        memory.withLock { memory in (memory.byEntity[tenant] ?? [:]).values.compactMap { memory.byID[$0] } }
            .sorted { $0.entityID.utf8.lexicographicallyPrecedes($1.entityID.utf8) }
    }

    func put(_ application: SAMLApplication) {
        memory.withLock { memory in
            memory.byID[application.id] = application
            memory.byEntity[application.tenant, default: [:]][Array(application.entityID.utf8)] = application.id
        }
    }

    func remove(_ id: SAMLApplicationID) {
        memory.withLock { memory in
            guard let old = memory.byID.removeValue(forKey: id) else { return }
            memory.byEntity[old.tenant]?[Array(old.entityID.utf8)] = nil
        }
    }
}
