import Identity
import Storage
import Vocabulary

extension SyncService {
    /// The roles that a run may not empty, each with those who hold it whatever this provider says: by assignment, or
    /// through the mappings of another provider.
    static func protectedRoles(
        _ target: SyncTarget, _ roles: [Role], _ hierarchy: GrantRule, _ sql: any SQLConnection, now: Timestamp
    ) throws -> [ProtectedRole] {
        let protected = roles.filter { $0.isProtected || target.protectedRoles.contains($0.name) }
        guard !protected.isEmpty else { return [] }
        let mappings = try sql.roleMappings(in: target.tenant).filter { $0.provider != target.provider }
        return try protected.map { role in
            let carriers = Set(roles.filter { hierarchy.closure(of: [$0.id]).contains(role.id) }.map(\.id) + [role.id])
            var holders = try sql.activeHolders(of: carriers, in: target.tenant, at: now)
            for mapping in mappings where carriers.contains(mapping.role) {
                holders.formUnion(try mappedHolders(mapping, in: target.tenant, sql))
            }
            return ProtectedRole(role: role.id, otherHolders: holders)
        }
    }

    static func mappedHolders(
        _ mapping: RoleMapping, in tenant: TenantID, _ sql: any SQLConnection
    ) throws -> Set<PersonID> {
        switch mapping.match {
        case .group(let key):
            guard let group = try sql.groupID(of: key, provider: mapping.provider) else { return [] }
            let inside = descendants(of: group, try sql.nestings(in: tenant))
            return try sql.activeMembers(of: inside, linkedTo: mapping.provider, in: tenant)
        case .attribute:
            let evaluator = MappingEvaluator([mapping])
            var holders: Set<PersonID> = []
            try sql.forEachActivePerson(linkedTo: mapping.provider, in: tenant) { person in
                let attributes = SubjectResolver.attributes(of: person)
                if !evaluator.roles(provider: mapping.provider, groups: [String](), attributes: attributes).isEmpty {
                    holders.insert(person.id)
                }
            }
            return holders
        }
    }

    /// The group and all that lie in it, at any depth; cycles end.
    private static func descendants(of group: GroupID, _ nestings: [GroupNesting]) -> Set<GroupID> {
        let children = Dictionary(grouping: nestings, by: \.parent)
        var found: Set<GroupID> = [group]
        var queue = [group]
        while let parent = queue.popLast() {
            for nesting in children[parent] ?? [] where found.insert(nesting.child).inserted {
                queue.append(nesting.child)
            }
        }
        return found
    }
}
