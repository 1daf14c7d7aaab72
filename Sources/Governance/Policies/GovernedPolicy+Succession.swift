import Vocabulary

extension GovernedPolicy {
    /// What the activation of its successor does to a policy: what is in force is revoked, what is suspended is
    /// archived, and what is neither is left alone. The caller writes this beside the successor's activation, in one
    /// transaction, so that at no moment both or none are in force.
    public func superseded(by successor: GovernedPolicy) throws(GovernanceError) -> [PolicyEvent] {
        guard successor.supersedes == id else {
            throw .invalid(field: "supersedes", reason: "does not name policy \(id)")
        }
        switch state {
        case .active: return [.revoked(nil)]
        case .suspended: return [.archived(nil)]
        case .draft, .approved, .revoked, .archived: return []
        }
    }
}
