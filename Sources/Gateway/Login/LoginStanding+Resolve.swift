import Identity
import Vocabulary

extension LoginStanding {
    /// What a person holds according to the resolver, with two factors assumed: the question here is whether to ask for
    /// them. `requiredRoles` are names from configuration; a role inherited from one that requires them counts too.
    static func resolve(
        _ person: PersonID, in tenant: TenantID, by resolver: SubjectResolver, requiredRoles: Set<String>
    ) async throws -> LoginStanding {
        guard let subject = try await resolver.resolve(.person(person), in: tenant, isStrong: true) else {
            return LoginStanding(roles: [], mappings: [], groups: [], requiresMultiFactor: false)
        }
        let roles = try await resolver.table.snapshot(of: tenant).roles
        var pending = subject.roleIDs
        var seen: Set<RoleID> = []
        var isRequired = false
        while let id = pending.popLast() {
            guard seen.insert(id).inserted, let role = roles[id] else { continue }
            if role.requiresMFA || requiredRoles.contains(role.name) { isRequired = true }
            pending.append(contentsOf: role.parents)
        }
        return LoginStanding(
            roles: subject.roleIDs, mappings: subject.mappedRoles.flatMap(\.mappings), groups: subject.groups,
            requiresMultiFactor: isRequired)
    }
}
