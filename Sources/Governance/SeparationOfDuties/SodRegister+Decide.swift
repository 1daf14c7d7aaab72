import Vocabulary

/// What can be asked of rules of separation of duties.
public enum SodCommand: Sendable, Hashable {
    case createRule(SodRuleID, SodRuleDetails)
    case updateRule(SodRuleID, SodRuleDetails)
    case changeStatus(SodRuleID, SodRule.Status)
    case deleteRule(SodRuleID)
}

extension SodRegister {
    /// A rule of the tenant. Throws `sodRuleNotFound`.
    public func rule(_ id: SodRuleID) throws(GovernanceError) -> SodRule {
        guard let rule = rules[id] else { throw .sodRuleNotFound(id) }
        return rule
    }

    /// A violation of the tenant. Throws `sodViolationNotFound`.
    public func violation(_ id: SodViolationID) throws(GovernanceError) -> SodViolation {
        guard let violation = violations[id] else { throw .sodViolationNotFound(id) }
        return violation
    }

    /// An exemption from a rule of the tenant. Throws `sodExemptionNotFound`.
    public func exemption(_ id: ExemptionID) throws(GovernanceError) -> Exemption {
        guard let exemption = exemptions[id] else { throw .sodExemptionNotFound(id) }
        return exemption
    }

    /// What follows from a command about a rule; `exists` says whether the tenant has such an entitlement. Pure.
    public func decide(
        _ command: SodCommand, tenant: TenantID, exists: (EntitlementID) -> Bool
    ) throws(GovernanceError) -> [SodEvent] {
        guard !tenant.isNil else { throw .tenantRequired }
        guard tenant == self.tenant else { throw .notFound(resource: "tenant", id: tenant.description) }
        switch command {
        case .createRule(let id, let details):
            guard rules[id] == nil else { throw .alreadyExists(resource: "sod rule", id: id.description) }
            try check(details, exists)
            return [.ruleCreated(id, details)]
        case .updateRule(let id, let details):
            let known = try rule(id)
            try check(details, exists)
            // A mended rule is judged by again only when somebody says so.
            return known.details == details ? [] : [.ruleUpdated(id, details)]
        case .changeStatus(let id, let status):
            let known = try rule(id)
            guard !(status == .active && known.isOrphaned) else {
                throw .invalidState(current: "orphaned", expected: "mended")
            }
            return known.status == status ? [] : [.ruleStatusChanged(id, status)]
        case .deleteRule(let id):
            _ = try rule(id)
            // What was found by it is found no more.
            let known = activeViolations.filter { $0.key.rule == id }.values.sorted()
            return known.map(SodEvent.violationResolved) + [.ruleDeleted(id)]
        }
    }

    private func check(_ details: SodRuleDetails, _ exists: (EntitlementID) -> Bool) throws(GovernanceError) {
        try details.check()
        for entitlement in details.entitlements where !exists(entitlement) { throw .entitlementNotFound(entitlement) }
    }

    /// What follows from an entitlement's end: every rule that names it is orphaned, and judged by no more.
    public func orphaned(by entitlement: EntitlementID) -> [SodEvent] {
        rules.values.filter { !$0.isOrphaned && $0.details.entitlements.contains(entitlement) }.map(\.id).sorted()
            .map { .ruleOrphaned($0, entitlement) }
    }
}
