import Vocabulary

/// Why a role cannot be given or changed.
public enum GrantRefusal: Sendable, Hashable {
    /// The granter lacks these permissions of the role: one grants only what one holds. Sorted.
    case notHeld([RolePermission])
    /// The expiry has passed already.
    case alreadyExpired
    /// The change would make a role its own ancestor.
    case inheritanceCycle
    case unknownRole(RoleID)
    case otherTenant
}

/// The rules about giving roles. Pure: the tenant's roles are handed in.
public struct GrantRule: Sendable {
    private let roles: [RoleID: Role]

    public init(roles: some Sequence<Role>) {
        self.roles = Dictionary(roles.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// The role and every role it inherits, cycle-safe.
    public func closure(of start: some Sequence<RoleID>) -> Set<RoleID> {
        var found: Set<RoleID> = []
        var stack = start.filter { roles[$0] != nil }
        while let id = stack.popLast() {
            guard found.insert(id).inserted else { continue }
            stack.append(contentsOf: (roles[id]?.parents ?? []).filter { roles[$0] != nil })
        }
        return found
    }

    /// All permissions of these roles, inherited ones included; a role that does not exist adds nothing.
    public func permissions(of start: some Sequence<RoleID>) -> Set<RolePermission> {
        Set(closure(of: start).flatMap { roles[$0]?.permissions ?? [] })
    }

    /// What stands against a granter who holds `held` giving `role`. The operating system's administrator and
    /// configuration are asked elsewhere; a person or service account is always judged here.
    public func refusal(
        granting role: RoleID, in tenant: TenantID, held: some Sequence<RoleID>, expiresAt: Timestamp?, now: Timestamp
    ) -> GrantRefusal? {
        guard let granted = roles[role] else { return .unknownRole(role) }
        guard granted.tenant == tenant else { return .otherTenant }
        if let expiresAt, expiresAt <= now { return .alreadyExpired }
        return refusal(giving: permissions(of: [role]), held: held)
    }

    /// What stands against writing these permissions into a role: the same rule, or editing a role would be a way
    /// around granting it.
    public func refusal(giving permissions: Set<RolePermission>, held: some Sequence<RoleID>) -> GrantRefusal? {
        let own = self.permissions(of: held)
        let missing = permissions.filter { wanted in !own.contains { $0.covers(wanted) } }
        return missing.isEmpty ? nil : .notHeld(missing.sorted())
    }

    /// What stands against `role` inheriting `parents`.
    public func refusal(inheriting parents: [RoleID], by role: RoleID) -> GrantRefusal? {
        if let unknown = parents.first(where: { roles[$0] == nil }) { return .unknownRole(unknown) }
        return closure(of: parents).contains(role) ? .inheritanceCycle : nil
    }
}

extension RolePermission: Comparable {
    /// Whether holding this one means holding `other`. A pattern covers itself, any longer literal it matches, and,
    /// when it is one prefix with a final `*`, every pattern that begins with that prefix; when in doubt, no.
    public func covers(_ other: RolePermission) -> Bool {
        guard action == "*" || action == other.action, resourceType == "*" || resourceType == other.resourceType else {
            return false
        }
        guard let pattern, pattern != "*" else { return true }
        guard let wanted = other.pattern else { return false }
        if pattern == wanted { return true }
        guard pattern.utf8.last == 0x2A, pattern.utf8.dropLast().allSatisfy({ $0 != 0x2A }) else { return false }
        return wanted.utf8.starts(with: pattern.utf8.dropLast())
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.action, left.resourceType, left.pattern ?? "") < (right.action, right.resourceType, right.pattern ?? "")
    }
}
