import Vocabulary

/// A policy and the level it was made at. Ids are unique within a tenant only, so that the id alone may name one policy
/// of the tenant and another one of the level above.
public struct PlacedPolicy: Sendable, Hashable {
    public let id: PolicyID
    /// Whether it is of the level above.
    public let isInherited: Bool

    /// A policy of the tenant, or of the level above.
    public init(_ id: PolicyID, isInherited: Bool) {
        (self.id, self.isInherited) = (id, isInherited)
    }
}

/// When and for what a policy stands in for another: within its own period, for what its own scope reaches.
public struct StandIn: Sendable, Hashable {
    public let period: EffectivePeriod
    public let scope: PolicyScope
}

/// Which policies hold for a tenant: its own and those of the level above, minus the ones it may and does override.
public enum PolicyInheritance {
    /// What a tenant's rule book is compiled from, and when and for what a policy gives way to one of the tenant. Holds
    /// at every moment, so that the passing of time compiles nothing.
    ///
    /// A policy that names a parent which does not permit it is not among them.
    public static func compiled(
        global: [GovernedPolicy], tenant: [GovernedPolicy]
    ) -> (inherited: [GovernedPolicy], own: [GovernedPolicy], overridden: [PlacedPolicy: [StandIn]]) {
        let inherited = global.filter { $0.scope.level == .system && $0.state == .active }
        let active = Set(inherited.map(\.id))
        let forbidding = Set(global.filter { !$0.isOverridable && $0.state == .active }.map(\.id))
        var overridden: [PlacedPolicy: [StandIn]] = [:]
        for policy in tenant where policy.state == .active {
            guard let parent = policy.overrides, !forbidding.contains(parent), let period = policy.effective else {
                continue
            }
            overridden[PlacedPolicy(parent, isInherited: active.contains(parent)), default: []].append(
                StandIn(period: period, scope: policy.scope))
        }
        let own = tenant.filter { $0.overrides.map { !forbidding.contains($0) } ?? true }
        return (inherited, own, overridden)
    }
}
