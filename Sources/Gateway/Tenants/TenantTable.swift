import Synchronization
import Vocabulary

/// The tenants by slug and id, in memory: every request starts here.
public final class TenantTable: Sendable {
    private struct Memory {
        var byID: [TenantID: Tenant] = [:]
        var bySlug: [String: TenantID] = [:]
        var publicURLs: [String: PublicURL] = [:]
        var defaultID: TenantID?
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
    public func publicURL(of id: TenantID) -> String {
        memory.withLock { memory in
            guard let tenant = memory.byID[id] else { return "" }
            let base = memory.defaultID.flatMap { memory.byID[$0] }.flatMap { memory.publicURLs[$0.slug] }
            if id == memory.defaultID { return base?.description ?? "" }
            if let own = memory.publicURLs[tenant.slug], own != base { return own.description }
            return (base?.description ?? "") + "/t/" + tenant.slug
        }
    }

    func setUp(defaultSlug: String, publicURLs: [String: PublicURL]) {
        memory.withLock { memory in
            memory.defaultID = memory.bySlug[defaultSlug]
            memory.publicURLs = publicURLs
        }
    }

    func put(_ tenant: Tenant) {
        memory.withLock { memory in
            if let old = memory.byID[tenant.id] { memory.bySlug[old.slug] = nil }
            memory.byID[tenant.id] = tenant
            memory.bySlug[tenant.slug] = tenant.id
        }
    }
}
