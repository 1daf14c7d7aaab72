import Authorization
import Governance
import Storage
import Vocabulary

/// What a list of policies is narrowed by; what is nil does not narrow.
public struct PolicySearch: Sendable {
    public var state: PolicyState?
    public var type: PolicyType?
    public var enforcement: Enforcement?
    public var scope: ScopeLevel?
    /// Part of the name or the description, without regard to case.
    public var words: String?

    public init(
        state: PolicyState? = nil, type: PolicyType? = nil, enforcement: Enforcement? = nil, scope: ScopeLevel? = nil,
        words: String? = nil
    ) {
        (self.state, self.type, self.enforcement, self.scope) = (state, type, enforcement, scope)
        self.words = words
    }

    func admits(_ policy: GovernedPolicy) -> Bool {
        if let enforcement, policy.enforcement != enforcement { return false }
        guard let words = words?.lowercased(), !words.isEmpty else { return true }
        return policy.name.lowercased().contains(words) || policy.description.lowercased().contains(words)
    }
}

extension GovernanceService {
    /// Policies that one search looks at; what lies behind them is not found.
    public static let searchLimit = 10_000

    /// Policies by id, after one, at most `limit` (1 to 201), narrowed by everything that people look for.
    public func policies(
        in tenant: TenantID, matching search: PolicySearch, after id: PolicyID? = nil, limit: Int
    ) async throws -> [GovernedPolicy] {
        let limit = min(max(1, limit), Self.pageLimit)
        var (found, last, looked) = ([GovernedPolicy](), id, 0)
        while found.count < limit, looked < Self.searchLimit {
            let part = try await policies(
                in: tenant, state: search.state, type: search.type, scope: search.scope, after: last,
                limit: Self.pageLimit)
            found += part.filter(search.admits).prefix(limit - found.count)
            looked += part.count
            guard part.count == Self.pageLimit, let end = part.last?.id else { break }
            last = end
        }
        return found
    }

    /// The sets that a policy is in, by id; of a tenant's first `pageLimit` sets.
    public func sets(with policy: PolicyID, in tenant: TenantID) async throws -> [PolicySet] {
        try await sets(in: tenant, limit: Self.pageLimit).filter { $0.policies.contains(policy) }
    }
}
