import Identity
import Storage
import Vocabulary

/// Tenants: added, renamed, disabled. Only the default tenant's administrators reach this.
public struct TenantService: Sendable {
    let store: Store
    let live: LiveCredentials
    let tenants: TenantTable

    /// Every tenant, disabled ones included.
    public func list() async throws -> [Tenant] { try await store.read { try $0.tenants() } }

    /// The tenant of this slug. Throws `not found` when there is none.
    public func tenant(slug: String) async throws -> Tenant {
        guard let tenant = try await store.read({ try $0.tenant(slug: slug) }) else { throw Fault.notFound("tenant") }
        return tenant
    }

    /// Adds a tenant with its predefined roles; its journal begins with this event.
    public func add(slug: String, name: String, managedBy: ManagedBy = .api, by caller: Caller) async throws -> Tenant {
        guard Tenant.isValid(slug: slug) else {
            throw Fault.invalid("A slug is 1 to 63 lower-case letters, digits and inner hyphens.")
        }
        return try await store.write(.administration) { [tenants] tx in
            guard try tx.sql.tenant(slug: slug) == nil else {
                throw Fault("conflict", .caller, "A tenant with this slug exists.", remedy: "Choose another slug.")
            }
            let tenant = Tenant(id: TenantID.random(at: tx.now), slug: slug, name: name)
            try tx.sql.insert(tenant, managedBy: managedBy, at: tx.now)
            var own = caller
            own.tenant = tenant.id
            try tx.append(
                own.event(
                    "tenant.added", Stream("tenant", tenant.id), facts: [Fact("managed_by", .word(managedBy.rawValue))])
            )
            try RoleService.insertPredefined(in: tenant.id, by: own, tx)
            tx.afterCommit { tenants.put(tenant) }
            return tenant
        }
    }

    /// Changes slug, name or both; what is nil stays. Throws when the slug is malformed or taken, and for a tenant that
    /// the configuration names: the next start would not find it there and begin an empty one in its place.
    public func rename(_ id: TenantID, slug: String?, name: String?, by caller: Caller) async throws -> Tenant {
        if let slug, !Tenant.isValid(slug: slug) {
            throw Fault.invalid("A slug is 1 to 63 lower-case letters, digits and inner hyphens.")
        }
        return try await change(id, "tenant.renamed", by: caller) { tenant, tx in
            let changes = (slug: slug.map { $0 != tenant.slug } ?? false, name: name.map { $0 != tenant.name } ?? false)
            if changes.slug || changes.name, try tx.sql.manager(of: id) == .configuration {
                throw Fault.configuredTenant(tenant.slug, isSlug: changes.slug)
            }
            if let slug, slug != tenant.slug {
                guard try tx.sql.tenant(slug: slug) == nil else {
                    throw Fault("conflict", .caller, "A tenant with this slug exists.", remedy: "Choose another slug.")
                }
                tenant.slug = slug
            }
            if let name { tenant.name = name }
        }
    }

    /// Disables a tenant: none of its sessions, keys or logins is accepted from the commit on. The configuration says
    /// nothing about this, so it can be done to a configured tenant too, and holds over starts.
    public func setDisabled(_ id: TenantID, _ isDisabled: Bool, by caller: Caller) async throws -> Tenant {
        guard id != tenants.defaultTenant?.id || !isDisabled else {
            throw Fault.forbidden("The default tenant cannot be disabled.")
        }
        let live = live
        return try await change(id, isDisabled ? "tenant.disabled" : "tenant.enabled", by: caller) { tenant, tx in
            tenant.isDisabled = isDisabled
            tx.afterCommit { live.setDisabled(id, isDisabled) }
        }
    }

    private func change(
        _ id: TenantID, _ type: String, by caller: Caller,
        _ body: @escaping @Sendable (inout Tenant, Transaction) throws -> Void
    ) async throws -> Tenant {
        try await store.write(.revocation) { [tenants] tx in
            guard var tenant = try tx.sql.tenant(id) else { throw Fault.notFound("tenant") }
            try body(&tenant, tx)
            try tx.sql.update(tenant)
            var own = caller
            own.tenant = id
            try tx.append(own.event(type, Stream("tenant", id)))
            let changed = tenant
            tx.afterCommit { tenants.put(changed) }
            return tenant
        }
    }
}

extension Fault {
    fileprivate static func configuredTenant(_ slug: String, isSlug: Bool) -> Fault {
        Fault(
            "ownership.conflict", .caller, "The tenant `\(slug)` is managed by configuration.",
            remedy: isSlug
                ? "Write the new slug into `tenants` of the configuration with `was: \(slug)` beside it, and restart."
                : "Change its name in `tenants` of the configuration, and restart.")
    }
}
