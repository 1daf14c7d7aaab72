import Governance
import Storage
import Vocabulary

/// What governed commands and questions rest on, read on one connection: at the writer or on a snapshot.
struct GovernedView {
    let sql: any SQLConnection
    let tenant: TenantID
    let keys: KeyRing
    let now: Timestamp

    func load<State, Event>(_ stream: GovernedStream<State, Event>) throws -> Loaded<State> {
        try stream.load(sql, in: tenant, keys: keys)
    }

    /// The state of one thing. Throws `not_found` where the tenant has none.
    func one<State, Event>(_ stream: GovernedStream<State, Event>, _ what: String) throws -> State {
        guard let state = try load(stream).state else { throw Fault.notFound(what) }
        return state
    }

    /// The states behind rows of one kind.
    func states<Kind, State, Event>(
        _ rows: [GovernedRow], _ stream: (Identifier<Kind>) -> GovernedStream<State, Event>
    ) throws -> [State] {
        try rows.compactMap { row in try Identifier<Kind>(bytes: row.id).flatMap { try load(stream($0)).state } }
    }

    /// A page of the things of one kind, by id.
    func page<Kind, State, Event>(
        _ filter: GovernedFilter, _ part: GovernedPart,
        _ stream: (Identifier<Kind>) -> GovernedStream<State, Event>
    ) throws -> [State] {
        let kind = stream(Identifier(high: 0, low: 0)).stream.kind
        return try states(
            try sql.governed(kind, in: tenant, filter, after: part.after, offset: part.offset, limit: part.limit),
            stream)
    }

    // MARK: Who holds what

    /// What stands or waits of somebody's assignments.
    func holdings(of subject: Subject) throws -> [Holding] {
        try holdings { $0.target = subject.bytes }.filter { $0.subject == subject }
    }

    /// What stands or waits of assignments, narrowed.
    func holdings(_ narrow: (inout GovernedFilter) -> Void) throws -> [Holding] {
        var found: [Holding] = []
        for status in [AssignmentStatus.active, .pendingApproval] {
            var filter = GovernedFilter(state: status.rawValue)
            narrow(&filter)
            try sql.forEachGoverned(.governed(EntitlementAssignment.aggregate.kind), in: tenant, filter) { row in
                if let holding = Holding(row) { found.append(holding) }
            }
        }
        return found
    }

    /// The entitlements that come with each of these roles; a role without any is left out.
    func entitlements(of roles: some Sequence<RoleID>) throws -> [RoleID: Set<EntitlementID>] {
        var bound: [RoleID: Set<EntitlementID>] = [:]
        for role in roles {
            let ids = try sql.linked(.governed(Entitlement.aggregate.kind), to: role.bytes, in: tenant)
            if !ids.isEmpty { bound[role] = Set(ids.compactMap(EntitlementID.init)) }
        }
        return bound
    }

    /// The part of the catalog that a decision about one subject rests on.
    func catalog(of subject: Subject, roles: Set<RoleID>) throws -> EntitlementCatalog {
        var catalog = try EntitlementCatalog(tenant: tenant)
        for holding in try holdings(of: subject) { catalog.take(holding) }
        for (role, ids) in try entitlements(of: roles) { for id in ids { catalog.take(id, of: role) } }
        return catalog
    }

    // MARK: Separation of duties

    /// The active rules that name one of these entitlements, with what exempts these subjects from them.
    func duties(naming entitlements: some Sequence<EntitlementID>, for subjects: [Subject]) throws -> SodRegister {
        var ids: Set<SodRuleID> = []
        for entitlement in entitlements {
            let linked = try sql.linked(.governed(SodRule.aggregate.kind), to: entitlement.bytes, in: tenant)
            ids.formUnion(linked.compactMap(SodRuleID.init))
        }
        var register = try SodRegister(tenant: tenant)
        guard !ids.isEmpty else { return register }
        register.take(try ids.sorted().compactMap { try load(Governed.rule($0)).state })
        for subject in subjects { try exemptions(of: subject).forEach { register.apply($0) } }
        return register
    }

    /// Exemptions of a subject, whatever they are from.
    func exemptions(of subject: Subject, state: Exemption.State? = .active) throws -> [Exemption] {
        let filter = GovernedFilter(state: state?.rawValue, parent: subject.bytes)
        var ids: [ExemptionID] = []
        try sql.forEachGoverned(.governed(Exemption.aggregate.kind), in: tenant, filter) { row in
            if let id = ExemptionID(bytes: row.id) { ids.append(id) }
        }
        return try ids.compactMap { try load(Governed.exemption($0)).state }.filter { $0.entity.subject == subject }
    }
}

/// Which part of a list is wanted: what comes after an id, or past so many.
public struct GovernedPart: Sendable, Hashable {
    public let after: [UInt8]?
    public let offset: Int
    public let limit: Int

    /// At most `limit` (1 to 1,000) things, by id.
    public init(after: [UInt8]? = nil, offset: Int = 0, limit: Int = 100) {
        (self.after, self.offset, self.limit) = (after, offset, limit)
    }
}
