import Governance
import Storage
import Vocabulary

/// Rules that are tried and decide nothing: today's, perhaps with one thing put in place of another.
struct RuleTrial: Sendable {
    /// What is put in place.
    enum Change: Sendable {
        /// Of the policy of its id, and of what it supersedes.
        case governed(GovernedPolicy)
        /// Of the stored document of its name.
        case document(TenantRules.Document)
        /// One policy less.
        case without(PolicyID)
    }

    let change: Change?
    /// What is in force at this moment counts as if it always had been, and nothing else counts: so questions of last
    /// month are asked of today's rules. Nil leaves every policy the period it has.
    let asOf: Timestamp?
}

extension RuleTrial? {
    /// The documents that are tried.
    func changed(_ source: TenantRules.Source) -> TenantRules.Source {
        guard case .document(let document)? = self?.change else { return source }
        return TenantRules.Source(
            roles: source.roles, documents: source.documents.filter { $0.name != document.name } + [document])
    }

    /// The tenant's own policies that are tried.
    func changed(_ own: [GovernedPolicy]) -> [GovernedPolicy] {
        switch self?.change {
        case .governed(let policy)?:
            let kept = throughout(own).filter { $0.id != policy.id && $0.id != policy.supersedes }
            // Of equal priorities the older policy comes first; what is tried keeps its place.
            return (kept + [policy]).sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        case .without(let id)?: return throughout(own).filter { $0.id != id }
        case .document?, nil: return throughout(own)
        }
    }

    /// Policies of the level above, or those that stay.
    func throughout(_ policies: [GovernedPolicy]) -> [GovernedPolicy] {
        guard let moment = self?.asOf else { return policies }
        return policies.filter { $0.isInForce(at: moment) }.map { $0.inForce() }
    }
}
