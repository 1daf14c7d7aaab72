import Vocabulary

extension RoleGraph {
    /// A permission that covers a request, and the way from a held role to the role that has it.
    public struct Grant: Sendable, Hashable {
        public let role: RoleID
        public let permission: Permission
        /// From a role held directly to the granting role, both included.
        public let chain: [RoleID]
    }

    /// Whether any of these roles, inherited ones included, has a covering permission.
    public func permits(_ held: [RoleID], action: String, resourceType: String, resourceID: String) -> Bool {
        effective(held.compactMap(index(of:))).contains { role in
            roles[role].permissions.contains {
                $0.covers(action: action, resourceType: resourceType, resourceID: resourceID)
            }
        }
    }

    /// Every covering permission of these roles, each with the shortest chain that leads to it.
    public func grants(_ held: [RoleID], action: String, resourceType: String, resourceID: String) -> [Grant] {
        let reached = reach(held.compactMap(index(of:)))
        return reached.order.flatMap { role in
            roles[role].permissions
                .filter { $0.covers(action: action, resourceType: resourceType, resourceID: resourceID) }
                .map { Grant(role: roles[role].id, permission: $0, chain: chain(to: role, reached.from)) }
        }
    }

    /// The roles in effect for someone who holds these: themselves and all they inherit from.
    public func effectiveRoles(_ held: [RoleID]) -> [RoleID] {
        effective(held.compactMap(index(of:))).map { roles[$0].id }
    }

    /// The shortest way from a held role to `target`; nil when none leads there.
    public func chain(from held: [RoleID], to target: RoleID) -> [RoleID]? {
        guard let goal = index(of: target) else { return nil }
        let reached = reach(held.compactMap(index(of:)))
        return reached.from[goal] == nil ? nil : chain(to: goal, reached.from)
    }

    func effective(_ held: [Int]) -> [Int] { reach(held).order }

    /// Breadth first, so that the recorded predecessor lies on a shortest way. A held role precedes itself.
    private func reach(_ held: [Int]) -> (order: [Int], from: [Int: Int]) {
        var from: [Int: Int] = [:]
        var order: [Int] = []
        for role in held where from[role] == nil {
            from[role] = role
            order.append(role)
        }
        var place = 0
        while place < order.count {
            let role = order[place]
            place += 1
            for parent in parents[role] where from[parent] == nil {
                from[parent] = role
                order.append(parent)
            }
        }
        return (order, from)
    }

    private func chain(to role: Int, _ from: [Int: Int]) -> [RoleID] {
        var chain = [role]
        while let last = chain.last, let before = from[last], before != last { chain.append(before) }
        return chain.reversed().map { roles[$0].id }
    }

    /// One text for equal content: what the role graph's digest covers. Roles stand in the order of their ids.
    public var canonicalText: String {
        roles.sorted { $0.id < $1.id }.map { role in
            CanonicalText.of([
                "id": .string(role.id.description), "name": .string(role.name),
                "parents": .list(role.parents.sorted().map { .string($0.description) }),
                "permissions": .list(
                    role.permissions.map {
                        .list([
                            .string($0.action), .string($0.resourceType),
                            $0.resourcePattern.map(AttributeValue.string) ?? .null,
                        ])
                    }),
            ]) + "\n"
        }.joined()
    }
}
