import Governance
import Identity
import Storage
import Vocabulary

/// Who holds which entitlement. Every assignment passes the tenant's validators and separation of duties, inside the
/// transaction that makes it.
public struct AssignmentService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp
    /// Checks besides those that tenants choose.
    var validators: [AssignmentValidator] = []

    /// The same service with checks of one's own, asked of every assignment in every tenant.
    public func validating(_ validators: [AssignmentValidator]) -> AssignmentService {
        var copy = self
        copy.validators += validators
        return copy
    }

    // MARK: Reading

    /// An assignment and why it was asked for; nil once erased, and where nothing was said.
    public struct Detail: Sendable {
        public let assignment: EntitlementAssignment
        public let justification: String?
    }

    /// Assignments by id, narrowed by who holds them, what is held and where they are in their life.
    public func assignments(
        in tenant: TenantID, of subject: Subject? = nil, to entitlement: EntitlementID? = nil,
        status: AssignmentStatus? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [Detail] {
        let filter = GovernedFilter(
            state: status?.rawValue, scope: subject?.kind, target: subject?.bytes, parent: entitlement?.bytes)
        return try await store.ask(tenant, now: clock()) { view in
            try view.sql.governed(
                .governed(EntitlementAssignment.aggregate.kind), in: tenant, filter, after: part.after,
                offset: part.offset, limit: part.limit
            ).compactMap { row in try EntitlementAssignmentID(bytes: row.id).flatMap(view.detail) }
        }
    }

    /// One assignment. Throws `assignment.not_found`.
    public func assignment(_ id: EntitlementAssignmentID, in tenant: TenantID) async throws -> Detail {
        try await store.ask(tenant, now: clock()) { view in
            guard let detail = try view.detail(id) else { throw GovernanceError.assignmentNotFound(id) }
            return detail
        }
    }

    /// Everything somebody has now: direct, by role and by birthright, each with where it comes from. Throws
    /// `governance.not_found` for nobody of the tenant.
    public func effectiveAccess(of subject: Subject, in tenant: TenantID) async throws -> [EffectiveEntitlement] {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            try view.sql.require(subject, in: tenant)
            let roles = try HeldRoles.of(subject, authorization, view.sql, now: view.now)
            var catalog = try view.catalog(of: subject, roles: roles)
            for holding in catalog.holdings(of: subject) where holding.source == .birthright {
                if let known = try view.load(Governed.assignment(holding.assignment)).state { catalog.take(known) }
            }
            for id in catalog.effective(subject, roles, view.now) {
                if let entitlement = try view.load(Governed.entitlement(id)).state { catalog.take(entitlement) }
            }
            return catalog.effectiveAccess(of: subject, roles: roles, at: view.now)
        }
    }

    /// The names of what somebody has now, each once, in order.
    func effectiveNames(of subject: Subject, in tenant: TenantID) async throws -> [String] {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            let roles = try HeldRoles.of(subject, authorization, view.sql, now: view.now)
            let held = try view.catalog(of: subject, roles: roles).effective(subject, roles, view.now)
            return Set(try held.compactMap { try view.load(Governed.entitlement($0)).state?.details.name }).sorted()
        }
    }

    // MARK: Changing

    /// Gives somebody an entitlement. Throws `governance.validation_failed` with everything the validators have against
    /// it, `sod.violation` or `sod.multiple_violations`, `assignment.already_exists`, `entitlement.not_found`,
    /// `governance.invalid_state` for an entitlement or application that is not active.
    public func assign(_ input: AssignmentInput, by caller: Caller) async throws -> EntitlementAssignment {
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            try writer.assign(.assign(input), input, authorization, validators)
        }
    }

    /// One row of a batch that is held back: its place in the batch, and the refusal.
    public struct HeldRow: Sendable {
        public let row: Int
        public let refusal: Fault
    }

    /// What a batch came to: the assignments that began, by their row, and the rows that were held back.
    public struct Batch: Sendable {
        public let assigned: [(row: Int, id: EntitlementAssignmentID)]
        public let held: [HeldRow]
    }

    /// Rows of one batch; one more is refused.
    public static let batchLimit = 2_000

    /// Gives many entitlements at once. Every subject's rows are judged as a whole, by what they would hold in the end:
    /// entitlements that belong together begin together, rows that conflict are held back, the rest is given. With
    /// `isDryRun` only says so. Throws `assignment.batch_too_large`.
    public func assign(_ inputs: [AssignmentInput], isDryRun: Bool, by caller: Caller) async throws -> Batch {
        guard inputs.count <= Self.batchLimit else {
            throw Fault(
                "assignment.batch_too_large", .caller, "A batch has at most \(Self.batchLimit) rows.",
                remedy: "Split it.")
        }
        let authorization = try await table.snapshot(of: caller.tenant)
        let rows = Dictionary(inputs.enumerated().map { ($1.id, $0) }) { first, _ in first }
        var (assigned, held): ([(row: Int, id: EntitlementAssignmentID)], [HeldRow]) = ([], [])
        for (subject, own) in Dictionary(grouping: inputs, by: \.subject).sorted(by: { $0.key.id < $1.key.id }) {
            let batch = try await batch(own, for: subject, isDryRun, authorization, by: caller)
            assigned += batch.assigned.map { (rows[$0.id] ?? 0, $0.id) }
            held += batch.held.map { HeldRow(row: rows[$0.input.id] ?? 0, refusal: $0.refusal.fault) }
        }
        return Batch(assigned: assigned.sorted { $0.row < $1.row }, held: held.sorted { $0.row < $1.row })
    }

    private func batch(
        _ inputs: [AssignmentInput], for subject: Subject, _ isDryRun: Bool, _ authorization: TenantAuthorization,
        by caller: Caller
    ) async throws -> AssignmentBatch {
        if isDryRun {
            return try await store.ask(caller.tenant, now: clock()) { view in
                try view.sql.require(subject, in: view.tenant)
                return try view.judgeTogether(inputs, for: subject, authorization, validators)
            }
        }
        return try await store.govern(by: caller) { writer in
            try writer.tx.sql.require(subject, in: writer.tenant)
            return try writer.assignTogether(inputs, for: subject, authorization, validators)
        }
    }

    /// Passes on what the caller holds and may pass on, for no longer than they hold it. Throws `forbidden` for what
    /// somebody else holds, `assignment.not_delegable`.
    public func delegate(
        _ id: EntitlementAssignmentID, as input: AssignmentInput, by caller: Caller
    ) async throws -> EntitlementAssignment {
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.govern(by: caller) { writer in
            guard let source = try writer.view.load(Governed.assignment(id)).state else {
                throw GovernanceError.assignmentNotFound(id)
            }
            guard source.subject == caller.principal?.subject else {
                throw Fault.forbidden("One passes on only what one holds.")
            }
            return try writer.assign(.delegate(id, input), input, authorization, validators)
        }
    }

    /// Takes an assignment away, and what was passed on from it. Throws `assignment.not_found`, `governance.invalid_state`
    /// for one that has ended.
    public func revoke(
        _ id: EntitlementAssignmentID, reason: String? = nil, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> EntitlementAssignment {
        try await store.govern(by: caller, .revocation) { writer in
            if let version, let known = try writer.view.load(Governed.assignment(id)).state, known.version != version {
                throw Fault.stale("assignment")
            }
            return try writer.end(id) { catalog in
                let reason = try writer.reason(reason)
                return try catalog.decide(
                    .revoke(id, reason), tenant: writer.tenant, duties: try SodRegister(tenant: writer.tenant),
                    now: writer.now)
            }
        }
    }

    // MARK: What a tenant asks of assignments

    /// What is asked of assignments in a tenant, and who approves requests.
    public func rules(in tenant: TenantID) async throws -> AssignmentRules {
        try await store.ask(tenant, now: clock()) { try $0.assignmentRules() }
    }

    /// Chooses what is asked of assignments. Throws `governance.invalid`, `governance.not_found` for an entitlement or
    /// a workflow that does not exist.
    public func configure(
        _ rules: AssignmentRules, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> AssignmentRules {
        try await store.govern(by: caller) { writer in
            let stream = Governed.assignmentRules(writer.tenant)
            let loaded = try writer.view.load(stream)
            if let version, version != loaded.version { throw Fault.stale("settings") }
            try writer.view.requireKnown(rules)
            let after = try writer.write(
                try rules.replacing(loaded.state), to: loaded, of: stream, row: GovernedRow.init)
            return after.state ?? AssignmentRules()
        }
    }
}

extension GovernedView {
    /// An assignment with its justification, which no fold keeps.
    func detail(_ id: EntitlementAssignmentID) throws -> AssignmentService.Detail? {
        var (state, justification): (EntitlementAssignment?, String?) = (nil, nil)
        try Governed.assignment(id).forEach(sql, in: tenant, keys: keys) { recorded, _ in
            if case .assigned(let content) = recorded.event { justification = content.justification }
            try EntitlementAssignment.aggregate.apply(&state, recorded)
        }
        return state.map { AssignmentService.Detail(assignment: $0, justification: justification) }
    }

    func assignmentRules() throws -> AssignmentRules {
        try load(Governed.assignmentRules(tenant)).state ?? AssignmentRules()
    }

    fileprivate func requireKnown(_ rules: AssignmentRules) throws {
        let named = rules.prerequisites.flatMap { [$0.entitlement, $0.required] } + rules.routes.map(\.entitlement)
        for id in Set(named) where try sql.governed(Governed.entitlement(id).stream, in: tenant) == nil {
            throw GovernanceError.entitlementNotFound(id)
        }
        for id in Set(rules.routes.map(\.workflow) + [rules.workflow].compactMap { $0 }) {
            _ = try usable(workflow: id)
        }
    }

    /// The template of this id, unless it is retired. Throws `governance.not_found`, `governance.invalid_state`.
    func usable(workflow id: WorkflowTemplateID) throws -> WorkflowTemplate {
        guard let template = try load(Governed.workflow(id)).state else {
            throw GovernanceError.notFound(resource: "workflow template", id: id.description)
        }
        guard !template.isRetired else { throw GovernanceError.invalidState(current: "retired", expected: "in use") }
        return template
    }
}

extension Gateway {
    /// Who holds which entitlement.
    public var assignments: AssignmentService {
        AssignmentService(store: store, table: authorization, clock: clock)
    }
}
