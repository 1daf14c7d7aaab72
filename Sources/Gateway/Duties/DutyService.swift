import Governance
import Identity
import Storage
import Vocabulary

/// Separation of duties: the rules, what would break them, and what does.
public struct DutyService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let clock: @Sendable () -> Timestamp

    // MARK: Rules

    /// Rules by id, narrowed by status.
    public func rules(
        in tenant: TenantID, status: SodRule.Status? = nil, _ part: GovernedPart = GovernedPart()
    ) async throws -> [SodRule] {
        try await store.ask(tenant, now: clock()) {
            try $0.page(GovernedFilter(state: status?.rawValue), part, Governed.rule)
        }
    }

    /// One rule. Throws `sod.rule_not_found`.
    public func rule(_ id: SodRuleID, in tenant: TenantID) async throws -> SodRule {
        try await store.ask(tenant, now: clock()) { try $0.register(knowing: id).rule(id) }
    }

    /// Makes a rule; it is judged by at once, and says nothing about what is held already until somebody scans. Throws
    /// `sod.too_few_entitlements`, `sod.max_count_required`, `sod.invalid_max_count`, `entitlement.not_found`.
    public func create(_ id: SodRuleID, _ details: SodRuleDetails, by caller: Caller) async throws -> SodRule {
        try await store.govern(by: caller) { writer in
            try writer.begin(
                Governed.rule(id), "sod rule", id: id.description, row: GovernedRow.init, links: SodRule.links
            ) {
                try SodRegister(tenant: writer.tenant).decide(
                    .createRule(id, details), tenant: writer.tenant, exists: try writer.view.known(details.entitlements)
                )
            }
        }
    }

    /// Changes a rule, its status included, if `version` is still its version; nil changes it as it is. A rule that was
    /// orphaned is mended by entitlements that exist, and activated by a status.
    public func change(
        _ id: SodRuleID, expecting version: Int64?, by caller: Caller,
        _ edit: @escaping @Sendable (inout SodRuleDetails, inout SodRule.Status) throws -> Void
    ) async throws -> SodRule {
        try await store.govern(by: caller) { writer in
            var register = try writer.view.register(knowing: id)
            let known = try register.rule(id)
            let after = try writer.change(
                Governed.rule(id), "rule", expecting: version, row: GovernedRow.init, links: SodRule.links
            ) { _ in
                var (details, status) = (known.details, known.status)
                try edit(&details, &status)
                let exists = try writer.view.known(details.entitlements)
                let changed = try register.decide(
                    .updateRule(id, details), tenant: writer.tenant, exists: exists)
                try register.apply(changed.map { Recorded($0, at: writer.now, actor: caller.actor) })
                return try changed
                    + register.decide(.changeStatus(id, status), tenant: writer.tenant, exists: exists)
            }
            return try EntitlementService.present(after)
        }
    }

    /// Deletes a rule; what was found by it is found no more.
    public func delete(_ id: SodRuleID, expecting version: Int64? = nil, by caller: Caller) async throws {
        try await resolveEverything(of: id, by: caller)
        try await store.govern(by: caller) { writer in
            let register = try writer.view.register(knowing: id)
            _ = try writer.change(
                Governed.rule(id), "rule", expecting: version, row: GovernedRow.init, links: SodRule.links
            ) { _ in try register.decide(.deleteRule(id), tenant: writer.tenant, exists: { _ in true }) }
        }
    }

    // MARK: Before an assignment

    /// Whether somebody could hold these besides what they hold: as a whole, so that entitlements that belong together
    /// may begin together. Changes nothing.
    public func check(
        _ added: Set<EntitlementID>, for subject: Subject, in tenant: TenantID
    ) async throws -> PreventiveResult {
        let authorization = try await table.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            try view.sql.require(subject, in: tenant)
            if let unknown = try added.sorted().first(where: { try !view.known([$0])($0) }) {
                throw GovernanceError.entitlementNotFound(unknown)
            }
            return try view.duties(naming: added, for: [subject]).validatePreventive(
                adding: added, to: try RoleDuties(view, authorization).held(by: subject), for: subject, at: view.now)
        }
    }

    // MARK: What was found

    /// Violations by id, narrowed by who has them, the rule and whether they stand.
    public func violations(
        in tenant: TenantID, of subject: Subject? = nil, rule: SodRuleID? = nil, status: SodViolation.Status? = nil,
        _ part: GovernedPart = GovernedPart()
    ) async throws -> [SodViolation] {
        let filter = GovernedFilter(
            state: status?.rawValue, type: subject?.kind, target: subject?.bytes, parent: rule?.bytes)
        return try await store.ask(tenant, now: clock()) { try $0.page(filter, part, Governed.violation) }
    }

    /// One violation. Throws `sod.violation_not_found`.
    public func violation(_ id: SodViolationID, in tenant: TenantID) async throws -> SodViolation {
        try await store.ask(tenant, now: clock()) { view in
            guard let known = try view.load(Governed.violation(id)).state else {
                throw GovernanceError.sodViolationNotFound(id)
            }
            return known
        }
    }

    /// Every exemption of somebody from rules, ended ones included, oldest first.
    public func exemptions(of subject: Subject, in tenant: TenantID) async throws -> [Exemption] {
        try await store.ask(tenant, now: clock()) { view in
            var register = try SodRegister(tenant: tenant)
            try view.exemptions(of: subject, state: nil).forEach { register.apply($0) }
            return register.exemptions(of: subject)
        }
    }
}

extension SodRule {
    /// What a rule's row points at: its entitlements, as long as it is judged by.
    static func links(_ rule: SodRule) -> [[UInt8]] { rule.details.entitlements.map(\.bytes) }
}

extension GovernedView {
    /// A register that knows one rule, or none of this id.
    func register(knowing id: SodRuleID) throws -> SodRegister {
        var register = try SodRegister(tenant: tenant)
        if let rule = try load(Governed.rule(id)).state { register.take([rule]) }
        return register
    }

    /// Which of these entitlements the tenant has.
    func known(_ ids: some Sequence<EntitlementID>) throws -> (EntitlementID) -> Bool {
        let found = Set(try ids.filter { try sql.governed(Governed.entitlement($0).stream, in: tenant) != nil })
        return { found.contains($0) }
    }
}

extension Gateway {
    /// Separation of duties.
    public var duties: DutyService { DutyService(store: store, table: authorization, clock: clock) }
}
