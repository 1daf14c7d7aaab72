import Identity

/// What a plan that waits for somebody is kept with: its changes, and what they do to roles.
public struct HeldPlan: Sendable, Hashable {
    public let plan: SyncPlan
    public let rolesGained: [RoleChange]
    public let rolesLost: [RoleChange]

    public init(_ plan: SyncPlan, rolesGained: [RoleChange] = [], rolesLost: [RoleChange] = []) {
        (self.plan, self.rolesGained, self.rolesLost) = (plan, rolesGained, rolesLost)
    }
}
