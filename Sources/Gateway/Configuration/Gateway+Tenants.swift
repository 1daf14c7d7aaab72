import Foundation
import Logging
import Storage
import Vocabulary

/// What a start does to the tenants, from those that are stored and those that are configured.
struct TenantPlan {
    /// One that is stored, and who owns its slug and name.
    struct Stored {
        let tenant: Tenant
        let managedBy: ManagedBy
    }

    /// Configured and not there yet.
    private(set) var added: [TenantConfiguration] = []
    /// There, with the slug and name that the configuration wants, under another or owned by somebody else.
    private(set) var changed: [(before: Stored, after: Tenant)] = []

    /// - Throws: `configuration.tenant` where a stored tenant would be left behind by a slug that changed: an empty one
    ///   would be served in its place.
    init(_ configured: [TenantConfiguration], _ stored: [Stored]) throws {
        var left = stored
        for wanted in configured {
            guard let index = try Self.index(of: wanted, in: left) else {
                added.append(wanted)
                continue
            }
            let before = left.remove(at: index)
            var after = before.tenant
            after.slug = wanted.slug
            after.name = wanted.name
            if after != before.tenant || before.managedBy != .configuration { changed.append((before, after)) }
        }
        if let new = added.first, let lost = left.first(where: { $0.managedBy == .configuration })?.tenant {
            throw Fault(
                "configuration.tenant", .caller,
                "The configuration names a new tenant, `\(new.slug)`, and no longer `\(lost.slug)`, which it owns.",
                remedy: """
                    If it has another slug now, write `was: \(lost.slug)` beside the new one. If they are two tenants, \
                    name both, start, and then remove the old one.
                    """)
        }
    }

    private static func index(of wanted: TenantConfiguration, in stored: [Stored]) throws -> Int? {
        let former = wanted.was.flatMap { was in stored.firstIndex { $0.tenant.slug == was } }
        guard let present = stored.firstIndex(where: { $0.tenant.slug == wanted.slug }) else { return former }
        // Once renamed, the old slug may become somebody's of the API; two of the configuration's are an accident.
        if let former, stored[former].managedBy == .configuration {
            throw Fault(
                "configuration.tenant", .caller,
                "`\(wanted.slug)` cannot be what `\(stored[former].tenant.slug)` was: both tenants exist.",
                remedy: "Leave `was` out, and name the one to serve.")
        }
        return present
    }
}

extension Gateway {
    /// Renames, adopts and adds tenants as the configuration has them, before anything in them is applied.
    func applyTenants() async throws {
        try await store.write(.administration) { [configuration] tx in
            let plan = try TenantPlan(configuration.tenants, try Self.storedTenants(tx))
            for change in plan.changed {
                let caller = Self.caller(in: change.after.id, tx)
                let stream = Stream("tenant", change.after.id)
                if change.after != change.before.tenant {
                    try tx.sql.update(change.after)
                    try tx.append(caller.event("tenant.renamed", stream))
                }
                guard change.before.managedBy != .configuration else { continue }
                try tx.sql.hand(change.after.id, to: .configuration)
                let fact = Fact("managed_by", .word(ManagedBy.configuration.rawValue))
                try tx.append(caller.event("tenant.adopted", stream, facts: [fact]))
            }
        }
        for known in try await store.read({ try $0.tenants() }) { tenants.put(known) }
        let service = tenantService
        for tenant in configuration.tenants where tenants.tenant(slug: tenant.slug) == nil {
            let now = clock()
            // Its own id is not known yet; the service writes the event into the new tenant's journal.
            let caller = Caller(
                tenant: TenantID.random(at: now), actor: .system("configuration"), command: CommandID.random(at: now))
            _ = try await service.add(slug: tenant.slug, name: tenant.name, managedBy: .configuration, by: caller)
        }
        tenants.setUp(
            defaultSlug: configuration.tenants.first?.slug ?? "",
            publicURLs: Dictionary(
                configuration.tenants.map { ($0.slug, $0.publicURL) }, uniquingKeysWith: { a, _ in a }))
    }

    /// Takes out of tenants that left the configuration what it owned in them, and hands them to the API: their people
    /// and journals stay until an administrator decides.
    func releaseDepartedTenants() async throws {
        let configured = Set(configuration.tenants.map(\.slug))
        try await store.write(.administration) { [configuration, logger] tx in
            for stored in try Self.storedTenants(tx) where !configured.contains(stored.tenant.slug) {
                let caller = Self.caller(in: stored.tenant.id, tx)
                if stored.managedBy == .configuration {
                    logger.warning(
                        "A tenant left the configuration and is kept, managed by the API from now on. Disable or keep it.",
                        metadata: ["tenant": "\(stored.tenant.slug)"])
                    try tx.sql.hand(stored.tenant.id, to: .api)
                    let fact = Fact("managed_by", .word(ManagedBy.api.rawValue))
                    try tx.append(caller.event("tenant.released", Stream("tenant", stored.tenant.id), facts: [fact]))
                }
                try Self.applyMappings(configuration, stored.tenant.slug, [], by: caller, tx)
                try Departures(from: stored.tenant, configuration, tx).carryOut(logger, by: caller, tx)
            }
        }
    }

    private static func storedTenants(_ tx: Transaction) throws -> [TenantPlan.Stored] {
        try tx.sql.tenants().map {
            TenantPlan.Stored(tenant: $0, managedBy: try tx.sql.manager(of: $0.id) ?? .api)
        }
    }
}
