import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Who has entitlements by what they are: the rules, and what follows from them.
///
/// What follows is written behind the journal: whoever was made, changed or brought by a directory is looked at after
/// the event that says so, and everybody after a rule changed. Whatever wrote that event, nobody is forgotten, and a
/// restart goes on where it was.
public struct BirthrightService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp

    // MARK: Rules

    /// Rules by id, narrowed by status.
    public func rules(
        in tenant: TenantID, status: BirthrightRule.Status? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [BirthrightRule] {
        try await store.ask(tenant, now: clock()) {
            try $0.page(GovernedFilter(state: status?.rawValue), part, Governed.birthright)
        }
    }

    /// One rule. Throws `not_found`.
    public func rule(_ id: BirthrightRuleID, in tenant: TenantID) async throws -> BirthrightRule {
        try await store.ask(tenant, now: clock()) { try $0.one(Governed.birthright(id), "birthright rule") }
    }

    /// Makes a rule and applies it to everybody. Throws `governance.rejected` with every fault of the condition,
    /// `governance.already_exists` for a name that is taken, `entitlement.not_found`.
    public func create(
        _ id: BirthrightRuleID, _ details: BirthrightDetails, by caller: Caller
    ) async throws -> BirthrightRule {
        let made = try await store.govern(by: caller) { writer in
            guard
                try writer.tx.sql.countGoverned(.governed(BirthrightRule.aggregate.kind), in: writer.tenant)
                    < Int64(BirthrightBook.ruleLimit)
            else {
                throw GovernanceError.invalid(field: "rules", reason: "are more than \(BirthrightBook.ruleLimit)")
            }
            return try writer.begin(
                Governed.birthright(id), "birthright rule", id: id.description, row: GovernedRow.init
            ) { try writer.view.decide(.create(id, details), on: nil, id, naming: details) }
        }
        try await follow(in: caller.tenant)
        return made
    }

    /// Changes a rule, its status included, if `version` is still its version; nil changes it as it is. What it does not
    /// give any more ends.
    public func change(
        _ id: BirthrightRuleID, expecting version: Int64?, by caller: Caller,
        _ edit:
            @escaping @Sendable (BirthrightDetails, BirthrightRule.Status) throws -> (
                BirthrightDetails, BirthrightRule.Status
            )
    ) async throws -> BirthrightRule {
        let changed = try await store.govern(by: caller) { writer in
            let after = try writer.change(
                Governed.birthright(id), "birthright rule", expecting: version, row: GovernedRow.init
            ) { rule in
                let (details, status) = try edit(rule.details, rule.status)
                return try writer.view.decide(.update(details), on: rule, id, naming: details)
                    + writer.view.decide(.changeStatus(status), on: rule, id, naming: details)
            }
            return try EntitlementService.present(after)
        }
        try await follow(in: caller.tenant)
        return changed
    }

    // MARK: What follows

    /// What the rules change for somebody now, and what separation of duties or validators would hold back.
    public struct Preview: Sendable {
        public let begin: [BirthrightPlan.Grant]
        public let end: [EntitlementAssignmentID]
        public let held: [(entitlement: EntitlementID, refusal: Fault)]
        /// Names of rules that could not be judged.
        public let undecided: [String]
    }

    /// What the rules would change for somebody if they were applied now. Writes nothing. Throws `governance.not_found`.
    public func preview(for subject: Subject, in tenant: TenantID) async throws -> Preview {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            try view.sql.require(subject, in: tenant)
            let plan = try view.birthrights(of: subject, by: try view.birthrightBook())
            let batch = try view.judgeTogether(
                plan.inputs(for: subject, at: view.now), for: subject, ending: Set(plan.end), authorization)
            let held = Set(batch.held.map(\.input.entitlement))
            return Preview(
                begin: plan.begin.filter { !held.contains($0.entitlement) }, end: plan.end,
                held: batch.held.map { ($0.input.entitlement, $0.refusal.fault) }, undecided: plan.undecided)
        }
    }
}

extension GovernedView {
    fileprivate func decide(
        _ command: BirthrightCommand, on rule: BirthrightRule?, _ id: BirthrightRuleID,
        naming details: BirthrightDetails
    ) throws -> [BirthrightEvent] {
        let named = try sql.governed(
            .governed(BirthrightRule.aggregate.kind), in: tenant,
            GovernedFilter(parent: tenant.bytes, name: details.name), limit: 1)
        return try BirthrightRule.decide(
            command, on: rule, isTaken: named.contains { $0.id != id.bytes }, exists: known(details.entitlements))
    }

    /// The active rules, compiled.
    func birthrightBook() throws -> BirthrightBook {
        var ids: [BirthrightRuleID] = []
        try sql.forEachGoverned(
            .governed(BirthrightRule.aggregate.kind), in: tenant,
            GovernedFilter(state: BirthrightRule.Status.active.rawValue)
        ) { row in
            if let id = BirthrightRuleID(bytes: row.id) { ids.append(id) }
        }
        return try BirthrightBook(
            ids.compactMap { id in try load(Governed.birthright(id)).state.map { (id, $0.details) } })
    }

    /// What the rules change for somebody; all they gave ends for who is no more.
    func birthrights(of subject: Subject, by book: BirthrightBook) throws -> BirthrightPlan {
        var catalog = try EntitlementCatalog(tenant: tenant)
        for holding in try holdings(of: subject) { catalog.take(holding) }
        var facts: SubjectFacts?
        if case .person(let id) = subject, let person = try sql.person(id, in: tenant) {
            facts = SubjectFacts(
                kind: .person, id: id.description, aliases: [person.login],
                attributes: Attributes(SubjectResolver.attributes(of: person)))
        }
        return try book.plan(for: subject, facts, in: catalog, at: now)
    }
}

extension BirthrightPlan {
    /// What is asked for, so that it passes validators as everything does.
    func inputs(for subject: Subject, at now: Timestamp) -> [AssignmentInput] {
        begin.map { grant in
            AssignmentInput(
                id: .random(at: now), entitlement: grant.entitlement, subject: subject, source: .birthright,
                justification: "Birthright rule \(grant.rule)", rule: grant.rule)
        }
    }
}

extension Gateway {
    /// Who has entitlements by what they are.
    public var birthrights: BirthrightService {
        BirthrightService(store: store, table: authorization, clock: clock)
    }
}
