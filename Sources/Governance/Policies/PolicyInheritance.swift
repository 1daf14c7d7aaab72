import Vocabulary

/// Which policies hold for a tenant: its own and those of the level above, minus the ones it may and does override.
public enum PolicyInheritance {
    /// What a tenant's rule book is compiled from, and when an inherited policy gives way to one of the tenant. Holds at
    /// every moment, so that the passing of time compiles nothing.
    ///
    /// Inherited policies come first, so that of equal priorities the wider one comes first. A policy that names a
    /// parent which does not permit it is not among them.
    public static func compiled(
        global: [GovernedPolicy], tenant: [GovernedPolicy]
    ) -> (policies: [GovernedPolicy], overridden: [PolicyID: [EffectivePeriod]]) {
        let inherited = global.filter { $0.scope.level == .system && $0.state == .active }
        let forbidding = Set(global.filter { !$0.isOverridable && $0.state == .active }.map(\.id))
        var overridden: [PolicyID: [EffectivePeriod]] = [:]
        for policy in tenant where policy.state == .active {
            guard let parent = policy.overrides, !forbidding.contains(parent), let period = policy.effective else {
                continue
            }
            overridden[parent, default: []].append(period)
        }
        let own = tenant.filter { $0.overrides.map { !forbidding.contains($0) } ?? true }
        return (inherited + own, overridden)
    }
}
