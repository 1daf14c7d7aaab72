import Crypto
import Foundation
import Identity
import Storage
import Vocabulary

extension Gateway {
    /// Brings tenants, providers, roles, mappings, applications and policies in line with the configuration, in one
    /// transaction per tenant; what the API owns is left alone, and what the configuration owned and names no longer is
    /// removed. The configuration's digest goes into the journal where it is another than the one that stands there.
    func applyConfiguration() async throws {
        // Every file is read, and compiled with the others of its tenant, before anything is applied.
        let documents = try Dictionary(
            uniqueKeysWithValues: configuration.tenants.map {
                ($0.slug, try configuration.policyDocuments(of: $0.slug))
            })
        let samlApplications = try Dictionary(
            uniqueKeysWithValues: configuration.tenants.map {
                ($0.slug, try configuration.samlApplications(of: $0.slug))
            })
        try await checkOwnership()
        try await applyTenants()
        try await closeDepartedApplications()
        try await releaseDepartedTenants()
        var configured: [ConfiguredProvider] = []
        for tenant in configuration.tenants {
            guard let known = tenants.tenant(slug: tenant.slug) else { continue }
            let policies = documents[tenant.slug] ?? []
            let speakingSAML = samlApplications[tenant.slug] ?? []
            let applied = try await authorization.write(.administration, in: known.id, isAlone: true) {
                [configuration, logger, live] tx in
                let caller = Self.caller(in: known.id, tx)
                let providers = try Self.applyProviders(configuration, tenant.slug, by: caller, tx)
                try Self.applyRoles(configuration, tenant.slug, by: caller, tx)
                try Self.applyMappings(configuration, tenant.slug, providers, by: caller, tx)
                try Self.applyApplications(configuration, tenant.slug, by: caller, tx)
                try Self.applyClients(configuration, tenant.slug, live.grants, by: caller, tx)
                try Self.applySAMLApplications(speakingSAML, by: caller, tx)
                try Self.applySignals(configuration, tenant.slug, by: caller, tx)
                for document in policies {
                    _ = try PolicyService.put(
                        document.name, document.json, expecting: nil, managedBy: .configuration, by: caller, tx)
                }
                try Departures(from: known, configuration, tx).carryOut(logger, by: caller, tx)
                try Self.noteConfiguration(configuration, tenant.slug, by: caller, tx)
                return providers
            }
            configured += applied
        }
        providers.set(configured)
        // Those that the API made: what does not compile is known from the start, and not from the first question.
        let slugs = Set(configuration.tenants.map(\.slug))
        for tenant in tenants.all where !slugs.contains(tenant.slug) { await authorization.refresh(tenant.id) }
        for stored in try await store.read({ try $0.applications() }) {
            applications.put(try ProtectedApplication(stored: stored))
        }
    }

    /// What only the store can tell of a configuration, before any of it is applied: whose the roles are that it names, and
    /// which of its providers are known under another name.
    /// Everything else was found while it was read.
    private func checkOwnership() async throws {
        try await store.read { [configuration] sql in
            for stored in try sql.tenants() {
                guard let tenant = configuration.tenants.first(where: { [$0.slug, $0.was].contains(stored.slug) })
                else { continue }
                _ = try ProviderPlan(configuration, tenant.slug, in: stored.id, sql)
                let roles = try sql.roles(in: stored.id)
                for wanted in configuration.roles where wanted.tenant == tenant.slug && !wanted.adopts {
                    guard roles.contains(where: { $0.name == wanted.name && $0.managedBy != .configuration }) else {
                        continue
                    }
                    throw Fault.foreignRole(wanted.name, tenant.slug)
                }
            }
        }
    }

    /// Says which configuration holds from here on. A start under the same one, of a server or of a command without a
    /// server, changes nothing and says nothing.
    private static func noteConfiguration(
        _ configuration: Configuration, _ slug: String, by caller: Caller, _ tx: Transaction
    ) throws {
        let facts =
            [Fact("digest", .digest(configuration.digest)), Fact("engine", .word(GatehouseVersion.current))]
            + (try configuration.statement(of: slug, roles: tx.sql.roles(in: caller.tenant)))
        let (type, stream) = ("configuration.applied", Stream("tenant", caller.tenant))
        guard try tx.sql.newestFacts(of: type, in: stream, tenant: caller.tenant) != facts else { return }
        try tx.append(caller.event(type, stream, facts: facts))
    }

    static func caller(in tenant: TenantID, _ tx: Transaction) -> Caller {
        Caller(tenant: tenant, actor: .system("configuration"), command: CommandID.random(at: tx.now))
    }

    private static func applyProviders(
        _ configuration: Configuration, _ slug: String, by caller: Caller, _ tx: Transaction
    ) throws -> [ConfiguredProvider] {
        try ProviderPlan(configuration, slug, in: caller.tenant, tx.sql).entries.map { provider, present in
            let id = present?.id ?? ProviderID.random(at: tx.now)
            let stream = Stream("provider", id)
            if let present, present.name != provider.key {
                try tx.sql.rename(provider: id, to: provider.key)
                try tx.append(caller.event("provider.renamed", stream))
            }
            let kind = provider.kind.word
            try tx.sql.upsert(
                StoredProvider(id: id, tenant: caller.tenant, name: provider.key, kind: kind),
                settingsDigest: Array(SHA256.hash(data: Data("\(provider)".utf8))), managedBy: .configuration)
            if present == nil {
                try tx.append(caller.event("provider.added", stream, facts: [Fact("kind", .word(kind))]))
            }
            return ConfiguredProvider(id: id, tenant: caller.tenant, configuration: provider)
        }
    }

    private static func applyRoles(
        _ configuration: Configuration, _ slug: String, by caller: Caller, _ tx: Transaction
    ) throws {
        let stored = try tx.sql.roles(in: caller.tenant)
        let leaving = Departures.roles(of: stored, slug, configuration)
        var known = Dictionary(
            stored.filter { !leaving.contains($0) }.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
        let wanted = configuration.roles.filter { $0.tenant == slug }
        for role in wanted where known[role.name] == nil {
            let made = Role(
                id: RoleID.random(at: tx.now), tenant: caller.tenant, name: role.name, managedBy: .configuration)
            try tx.sql.insert(made)
            try tx.append(caller.event("role.created", Stream("role", made.id)))
            known[role.name] = made
        }
        for role in wanted {
            guard let present = known[role.name] else { continue }
            guard present.managedBy == .configuration || role.adopts else { throw Fault.foreignRole(role.name, slug) }
            var next = present
            next.description = role.description
            next.requiresMFA = role.requiresMultiFactor
            next.managedBy = .configuration
            next.permissions = role.permissions.map {
                RolePermission(action: $0.action, resourceType: $0.type, pattern: $0.resource)
            }
            next.parents = try role.inherits.map { name in
                guard let parent = known[name] else {
                    throw Fault(
                        "configuration.role", .caller,
                        "The role `\(role.name)` inherits `\(name)`, which does not exist or leaves the configuration.")
                }
                return parent.id
            }
            guard next != present else { continue }
            guard GrantRule(roles: Array(known.values) + leaving).refusal(inheriting: next.parents, by: next.id) == nil
            else {
                throw Fault("configuration.role", .caller, "The role `\(role.name)` would inherit from itself.")
            }
            _ = try tx.sql.update(next, expecting: present.version)
            try tx.append(caller.event("role.changed", Stream("role", next.id)))
            known[role.name] = next
        }
    }

    static func applyMappings(
        _ configuration: Configuration, _ slug: String, _ providers: [ConfiguredProvider], by caller: Caller,
        _ tx: Transaction
    ) throws {
        let stored = try tx.sql.roles(in: caller.tenant)
        let leaving = Departures.roles(of: stored, slug, configuration)
        let roles = Dictionary(
            stored.filter { !leaving.contains($0) }.map { ($0.name, $0.id) }, uniquingKeysWith: { a, _ in a })
        let present = try tx.sql.roleMappings(in: caller.tenant).filter { $0.managedBy == .configuration }
        var kept: Set<MappingID> = []
        for mapping in configuration.mappings where mapping.tenant == slug {
            guard let role = roles[mapping.role] else {
                throw Fault(
                    "configuration.mapping", .caller,
                    "A mapping names the role `\(mapping.role)`, which does not exist or leaves the configuration.")
            }
            guard let provider = providers.first(where: { $0.configuration.key == mapping.provider }) else { continue }
            let match: MappingMatch =
                switch mapping.match {
                case .group(let key): .group(key: key)
                case .attribute(let name, let values): .attribute(name: name, values: values)
                }
            if let same = present.first(where: { $0.provider == provider.id && $0.match == match && $0.role == role }) {
                kept.insert(same.id)
                continue
            }
            let made = RoleMapping(
                id: MappingID.random(at: tx.now), tenant: caller.tenant, provider: provider.id, match: match,
                role: role,
                managedBy: .configuration)
            try RoleService.insert(made, by: caller, tx)
        }
        for gone in present where !kept.contains(gone.id) {
            let event = try tx.append(caller.event("mapping.deleted", Stream("mapping", gone.id)))
            _ = try tx.sql.closeMapping(gone.id, in: caller.tenant, at: event.position)
        }
    }

    private static func applyApplications(
        _ configuration: Configuration, _ slug: String, by caller: Caller, _ tx: Transaction
    ) throws {
        let known = try tx.sql.applications().filter { $0.tenant == caller.tenant }
        for application in configuration.applications where application.tenant == slug {
            let present = known.first { $0.name == application.key }
            guard case .text(let settings) = try JSONColumn.encode(application), settings != present?.settings else {
                continue
            }
            let stored = StoredApplication(
                id: present?.id ?? ApplicationID.random(at: tx.now), tenant: caller.tenant, name: application.key,
                host: application.host, settings: settings, managedBy: .configuration)
            try tx.sql.upsert(stored)
            try tx.append(
                caller.event(
                    present == nil ? "application.added" : "application.changed", Stream("application", stored.id)))
        }
    }
}
