import Synchronization
import Vocabulary

/// The tenants by slug and id, in memory: every request starts here.
public final class TenantTable: Sendable {
    private struct Memory {
        var byID: [TenantID: Tenant] = [:]
        var bySlug: [String: TenantID] = [:]
        var publicURLs: [String: PublicURL] = [:]
        var defaultID: TenantID?
        /// Each tenant's address, put together when a tenant changes: every token is asked about under one.
        var addresses: [TenantID: String] = [:]

        mutating func address() {
            let base = defaultID.flatMap { byID[$0] }.flatMap { publicURLs[$0.slug] }
            addresses = byID.mapValues { tenant in
                if tenant.id == defaultID { return base?.description ?? "" }
                if let own = publicURLs[tenant.slug], own != base { return own.description }
                return (base?.description ?? "") + "/t/" + tenant.slug
            }
        }
    }

    private let memory = Mutex(Memory())

    /// The tenant at the root of the URL space: the first of the configuration.
    public var defaultTenant: Tenant? {
        memory.withLock { memory in memory.defaultID.flatMap { memory.byID[$0] } }
    }

    /// All of them, disabled ones included, oldest first.
    public var all: [Tenant] { memory.withLock { $0.byID.values.sorted { $0.id < $1.id } } }

    /// The tenant that answers under this slug, from memory.
    public func tenant(slug: String) -> Tenant? {
        memory.withLock { memory in memory.bySlug[slug].flatMap { memory.byID[$0] } }
    }

    /// The tenant of this id, from memory.
    public func tenant(_ id: TenantID) -> Tenant? { memory.withLock { $0.byID[id] } }

    /// Where browsers reach a tenant: its configured URL, else the default tenant's with `/t/{slug}` behind it.
    public func publicURL(of id: TenantID) -> String { memory.withLock { $0.addresses[id] ?? "" } }

    func setUp(defaultSlug: String, publicURLs: [String: PublicURL]) {
        memory.withLock { memory in
            memory.defaultID = memory.bySlug[defaultSlug]
            memory.publicURLs = publicURLs
            memory.address()
        }
    }

    func put(_ tenant: Tenant) {
        memory.withLock { memory in
            if let old = memory.byID[tenant.id] { memory.bySlug[old.slug] = nil }
            memory.byID[tenant.id] = tenant
            memory.bySlug[tenant.slug] = tenant.id
            memory.address()
        }
    }
}
