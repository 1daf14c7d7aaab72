import Vocabulary

/// Why a role counts only where two factors were proven.
public enum MultiFactorDemand: String, Sendable, CaseIterable {
    /// The role itself is marked so.
    case role
    /// `mfa.required_roles` of the configuration names it.
    case configuration
    /// It inherits, directly or not, from a role that demands them.
    case inheritance

    /// The demand of each role that has one. Inheritance is followed from parent to heir, cycle-safe: whoever holds the
    /// heir holds the parent's permissions too.
    public static func all(of roles: [Role], named: Set<String>) -> [RoleID: MultiFactorDemand] {
        var demands: [RoleID: MultiFactorDemand] = [:]
        for role in roles {
            if role.requiresMFA {
                demands[role.id] = .role
            } else if named.contains(role.name) {
                demands[role.id] = .configuration
            }
        }
        var heirs: [RoleID: [RoleID]] = [:]
        for role in roles { for parent in role.parents { heirs[parent, default: []].append(role.id) } }
        var pending = Array(demands.keys)
        while let id = pending.popLast() {
            for heir in heirs[id] ?? [] where demands[heir] == nil {
                demands[heir] = .inheritance
                pending.append(heir)
            }
        }
        return demands
    }
}
