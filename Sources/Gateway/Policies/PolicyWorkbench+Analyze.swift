import Authorization
import Governance
import Storage
import Vocabulary

extension PolicyWorkbench {
    /// Finds governed rules that never fire, are shadowed, equal or over-broad: of the rules in force, or of those with
    /// a candidate in place. Exemptions and sets are left out of account: what they lift is lifted for somebody.
    ///
    /// - Throws: what is wrong with the candidate, and `analysis.not_governed` for a policy document.
    public func analyze(_ candidate: PolicyCandidate = .current, in tenant: TenantID) async throws -> RuleAnalysis {
        let now = clock()
        let trial = RuleTrial(change: try await change(candidate, in: tenant), asOf: now)
        let source = table.governedSource
        return try await store.read { sql in
            let rules = try GovernedRules(of: tenant, from: sql, source, trial: trial)
            let graph = try TenantRules(of: tenant, from: sql).graph
            return try refusing { try rules.analysis(graph, from: now) }
        }
    }

    /// The same of a document by itself, of any style: what can be said without a gateway.
    public static func analyze(_ tree: AttributeValue, now: Timestamp) throws -> RuleAnalysis {
        let draft = try refusing { try Self.draft(tree) }
        let zones = ZoneFiles().table(Set([draft.details.zone].compactMap(\.self)))
        return try refusing {
            try RuleAnalysis.of([try draft.policy(PolicyID(high: 1, low: 1))], zones: zones, from: now)
        }
    }

    /// A policy document's policies are looked at as rules of one governed policy: they match alike.
    private static func draft(_ tree: AttributeValue) throws -> PolicyDraft {
        guard DraftStyle(of: tree) == .document else { return try PolicyDraft(tree) }
        _ = try PolicyService.read(tree)
        let rules = (tree["policies"]?.list ?? []).map { policy -> AttributeValue in
            guard case .object(var members) = policy else { return policy }
            members["enforcement"] = nil
            return .object(members)
        }
        return try PolicyDraft(["name": "policies", "rules": .list(rules)])
    }
}

extension GovernedRules {
    /// What can be said of these rules by asking them everything.
    func analysis(_ graph: RoleGraph, from now: Timestamp) throws -> RuleAnalysis {
        try RuleAnalysis.of(policies, zones: zones, graph: graph, mode: mode, from: now)
    }
}
