/// What a policy is about.
public enum PolicyType: String, Sendable, Codable, CaseIterable {
    case regulatory, operational, security, privacy, compliance, governance
    case safety, quality, environmental, financial, hr, it
}

/// Where a policy is in its life.
public enum PolicyState: String, Sendable, Codable, CaseIterable {
    /// Editable, not enforced.
    case draft
    /// Reviewed, not enforced yet.
    case approved
    /// Enforced within its effective period.
    case active
    /// Not enforced for a while.
    case suspended
    /// Cancelled for good.
    case revoked
    /// Deleted softly: kept to be read.
    case archived

    /// The states that may follow: draft → approved → active → suspended ⇄ active, active → revoked, and from suspended
    /// or revoked → archived.
    public var successors: [PolicyState] {
        switch self {
        case .draft: [.approved]
        case .approved: [.active]
        case .active: [.suspended, .revoked]
        case .suspended: [.active, .archived]
        case .revoked: [.archived]
        case .archived: []
        }
    }

    /// Throws an error that names both states when the move is not one of the life cycle.
    func require(moveTo next: PolicyState, from states: [PolicyState]) throws(GovernanceError) {
        guard states.contains(self), successors.contains(next) else {
            throw .invalidState(
                current: rawValue,
                expected: states.map(\.rawValue).joined(separator: " or ") + " to become \(next.rawValue)")
        }
    }
}

/// How the members of a policy set are weighed.
public enum PolicyCombination: Sendable, Hashable, Codable {
    /// Every member that has something to say allows.
    case all
    /// One allows.
    case any
    /// More than half of those that have something to say allow.
    case majority
    /// So many allow.
    case atLeast(Int)

    /// Whether so many allowing votes of so many votes are enough. Without a vote there is nothing to weigh: false.
    public func isMet(allowing: Int, of votes: Int) -> Bool {
        guard votes > 0 else { return false }
        switch self {
        case .all: return allowing == votes
        case .any: return allowing >= 1
        case .majority: return allowing * 2 > votes
        case .atLeast(let count): return allowing >= count
        }
    }
}
