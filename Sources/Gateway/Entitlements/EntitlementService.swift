import Governance
import Identity
import Storage
import Vocabulary

/// Applications and their entitlements: what there is to be given.
public struct EntitlementService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp

    // MARK: Applications

    /// Applications by id, narrowed by status.
    public func applications(
        in tenant: TenantID, status: ApplicationStatus? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [GovernedApplication] {
        try await store.ask(tenant, now: clock()) {
            try $0.page(GovernedFilter(state: status?.rawValue), part, Governed.application)
        }
    }

    /// One application. Throws `not_found`.
    public func application(_ id: ApplicationID, in tenant: TenantID) async throws -> GovernedApplication {
        try await store.ask(tenant, now: clock()) { try $0.one(Governed.application(id), "application") }
    }

    /// Puts an application under governance. Its id may be that of one the gateway protects. Throws
    /// `governance.already_exists` for a name or an id that is taken, `governance.not_found` for an unknown owner.
    public func create(
        _ id: ApplicationID, _ details: ApplicationDetails, by caller: Caller
    ) async throws -> GovernedApplication {
        try await store.govern(by: caller) { writer in
            try writer.begin(
                Governed.application(id), "application", id: id.description, row: GovernedRow.init
            ) {
                try writer.view.requireOwner(details.owner)
                return try GovernedApplication.decide(
                    .create(id, details), on: nil, isTaken: try writer.view.isTaken(details.name, but: id))
            }
        }
    }

    /// Changes an application if `version` is still its version; nil changes it as it is.
    public func change(
        _ id: ApplicationID, expecting version: Int64?, by caller: Caller,
        _ edit: @escaping @Sendable (inout ApplicationDetails) throws -> Void
    ) async throws -> GovernedApplication {
        try await store.govern(by: caller) { writer in
            let after = try writer.change(
                Governed.application(id), "application", expecting: version, row: GovernedRow.init
            ) { application in
                var details = application.details
                try edit(&details)
                try writer.view.requireOwner(details.owner)
                return try GovernedApplication.decide(
                    .update(details), on: application, isTaken: try writer.view.isTaken(details.name, but: id))
            }
            return try Self.present(after)
        }
    }

    // MARK: Entitlements

    /// Entitlements by id, narrowed; and how many there are altogether.
    public func entitlements(
        in tenant: TenantID, _ filter: EntitlementFilter = EntitlementFilter(), _ part: GovernedPart = GovernedPart()
    ) async throws -> (items: [Entitlement], total: Int64) {
        try await store.ask(tenant, now: clock()) { view in
            let (filter, kind) = (GovernedFilter(filter), StreamKind.governed(Entitlement.aggregate.kind))
            return (
                try view.page(filter, part, Governed.entitlement),
                try view.sql.countGoverned(kind, in: tenant, filter)
            )
        }
    }

    /// One entitlement. Throws `entitlement.not_found`.
    public func entitlement(_ id: EntitlementID, in tenant: TenantID) async throws -> Entitlement {
        try await store.ask(tenant, now: clock()) { try $0.catalog(naming: id).entitlement(id) }
    }

    /// An entitlement by its name and its application's. Throws `not_found`.
    public func entitlement(
        named name: String, ofApplication application: String, in tenant: TenantID
    ) async throws -> EntitlementID {
        try await store.ask(tenant, now: clock()) { view in
            let rows = try view.sql.governed(
                .governed(GovernedApplication.aggregate.kind), in: tenant,
                GovernedFilter(parent: tenant.bytes, name: application), limit: 1)
            guard let id = rows.first.flatMap({ ApplicationID(bytes: $0.id) }),
                let found = try view.entitlement(named: name, in: id)
            else { throw Fault.notFound("entitlement of this name in this application") }
            return found.id
        }
    }

    /// Makes an entitlement of an application. Throws `entitlement.name_exists` for a name that the application has,
    /// `governance.not_found` for an unknown application or owner.
    public func create(
        _ id: EntitlementID, of application: ApplicationID, _ details: EntitlementDetails,
        status: EntitlementStatus = .active, by caller: Caller
    ) async throws -> Entitlement {
        try await store.govern(by: caller) { writer in
            try writer.begin(
                Governed.entitlement(id), "entitlement", id: id.description, row: GovernedRow.init,
                links: Entitlement.links
            ) {
                var catalog = try writer.view.catalog(named: details.name, in: application)
                if let known = try writer.view.load(Governed.application(application)).state { catalog.take(known) }
                try writer.view.requireOwner(details.owner)
                return try catalog.decide(
                    .create(id, application, details, status: status), tenant: writer.tenant, now: writer.now)
            }
        }
    }

    /// Changes an entitlement, its status included, if `version` is still its version; nil changes it as it is.
    public func change(
        _ id: EntitlementID, expecting version: Int64?, by caller: Caller,
        _ edit: @escaping @Sendable (inout EntitlementDetails, inout EntitlementStatus) throws -> Void
    ) async throws -> Entitlement {
        try await store.govern(by: caller) { writer in
            try Self.change(id, expecting: version, writer) { catalog, known in
                var (details, status) = (known.details, known.status)
                try edit(&details, &status)
                if let other = try writer.view.entitlement(named: details.name, in: known.application) {
                    catalog.take(other)
                }
                try writer.view.requireOwner(details.owner)
                return try catalog.decide(.update(id, details), tenant: writer.tenant, now: writer.now)
                    + catalog.decide(.changeStatus(id, status), tenant: writer.tenant, now: writer.now)
            }
        }
    }

    /// Deletes an entitlement that nobody has or waits for; every rule of separation of duties that names it is orphaned
    /// in the same transaction. Throws `entitlement.has_assignments`.
    public func delete(_ id: EntitlementID, expecting version: Int64? = nil, by caller: Caller) async throws {
        try await store.govern(by: caller) { writer in
            let standing = try writer.view.holdings { $0.parent = id.bytes }
                .count { $0.isStanding(at: writer.now) }
            let duties = try writer.view.duties(naming: [id], for: [])
            let loaded = try writer.view.load(Governed.entitlement(id))
            let catalog = try writer.view.catalog(naming: id)
            if let version, loaded.state != nil, version != loaded.version { throw Fault.stale("entitlement") }
            try writer.write(
                try catalog.decide(.delete(id), tenant: writer.tenant, standing: standing, now: writer.now),
                to: loaded, of: Governed.entitlement(id), row: GovernedRow.init)
            for event in duties.orphaned(by: id) {
                guard case .ruleOrphaned(let rule, _) = event else { continue }
                _ = try writer.change(Governed.rule(rule), "rule", row: GovernedRow.init) { _ in [event] }
            }
        }
    }

    /// Changes one entitlement by what is decided on a catalog that knows it.
    static func change(
        _ id: EntitlementID, expecting version: Int64?, _ writer: GovernedWriter,
        _ decide: (inout EntitlementCatalog, Entitlement) throws -> [EntitlementEvent]
    ) throws -> Entitlement {
        var catalog = try writer.view.catalog(naming: id)
        let known = try catalog.entitlement(id)
        let after = try writer.change(
            Governed.entitlement(id), "entitlement", expecting: version, row: GovernedRow.init,
            links: Entitlement.links
        ) { _ in try decide(&catalog, known) }
        return try present(after)
    }

    static func present<State>(_ loaded: Loaded<State>) throws -> State {
        guard let state = loaded.state else {
            throw Fault("governance.undecided", .ourselves, "A command came to nothing.")
        }
        return state
    }
}

extension Entitlement {
    /// What an entitlement's row points at: the roles it comes with.
    static func links(_ entitlement: Entitlement) -> [[UInt8]] { entitlement.roles.map(\.bytes) }
}

extension GovernedFilter {
    init(_ filter: EntitlementFilter) {
        self.init(
            state: filter.status?.rawValue, type: filter.riskLevel?.rawValue, target: filter.owner?.bytes,
            parent: filter.application?.bytes, nameContains: filter.nameContains)
    }
}

extension GovernedView {
    /// A catalog that knows one entitlement, or none of this id, and its application.
    func catalog(naming id: EntitlementID) throws -> EntitlementCatalog {
        var catalog = try EntitlementCatalog(tenant: tenant)
        guard let entitlement = try load(Governed.entitlement(id)).state else { return catalog }
        catalog.take(entitlement)
        if let application = try load(Governed.application(entitlement.application)).state { catalog.take(application) }
        return catalog
    }

    /// A catalog that knows whoever has a name in an application.
    fileprivate func catalog(named name: String, in application: ApplicationID) throws -> EntitlementCatalog {
        var catalog = try EntitlementCatalog(tenant: tenant)
        if let known = try entitlement(named: name, in: application) { catalog.take(known) }
        return catalog
    }

    fileprivate func entitlement(named name: String, in application: ApplicationID) throws -> Entitlement? {
        let rows = try sql.governed(
            .governed(Entitlement.aggregate.kind), in: tenant,
            GovernedFilter(parent: application.bytes, name: name), limit: 1)
        return try states(rows, Governed.entitlement).first
    }

    fileprivate func isTaken(_ name: String, but id: ApplicationID) throws -> Bool {
        try sql.governed(
            .governed(GovernedApplication.aggregate.kind), in: tenant,
            GovernedFilter(parent: tenant.bytes, name: name), limit: 1
        ).contains { $0.id != id.bytes }
    }

    fileprivate func requireOwner(_ owner: PersonID?) throws {
        if let owner { try sql.require(.person(owner), in: tenant) }
    }
}

extension Gateway {
    /// Applications and their entitlements.
    public var entitlements: EntitlementService {
        EntitlementService(store: store, table: authorization, clock: clock)
    }
}
