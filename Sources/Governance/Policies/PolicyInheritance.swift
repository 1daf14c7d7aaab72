import Vocabulary

/// Which policies hold for a tenant: its own and those of the level above, minus the ones it may and does override.
public enum PolicyInheritance {
    /// Why a policy of the level above is or is not in force for a tenant.
    public struct Inherited: Sendable, Hashable {
        public let policy: GovernedPolicy
        /// The tenant's policy that stands in for it, when one does.
        public let overriddenBy: PolicyID?
    }

    /// Those of the level above that reach down: system-wide ones that are active. One that allows it gives way to an
    /// active policy of the tenant that names it; the permission is looked at now, not when the tenant's was made.
    public static func inherited(
        from global: [GovernedPolicy], by tenant: [GovernedPolicy], at now: Timestamp
    ) -> [Inherited] {
        let overriding = Dictionary(
            tenant.filter { $0.isInForce(at: now) }.compactMap { policy in policy.overrides.map { ($0, policy.id) } },
            uniquingKeysWith: { first, _ in first })
        return global.filter { $0.scope.level == .system && $0.state == .active }.map { policy in
            Inherited(policy: policy, overriddenBy: policy.isOverridable ? overriding[policy.id] : nil)
        }
    }

    /// What a tenant's rule book is compiled from: inherited policies first, so that of equal priorities the wider one
    /// comes first. A policy that names a parent which does not permit it is not among them.
    public static func effective(
        global: [GovernedPolicy], tenant: [GovernedPolicy], at now: Timestamp
    ) -> [GovernedPolicy] {
        let inherited = inherited(from: global, by: tenant, at: now)
        let forbidden = Set(global.filter { !$0.isOverridable && $0.state == .active }.map(\.id))
        return inherited.filter { $0.overriddenBy == nil }.map(\.policy)
            + tenant.filter { $0.overrides.map { !forbidden.contains($0) } ?? true }
    }
}
