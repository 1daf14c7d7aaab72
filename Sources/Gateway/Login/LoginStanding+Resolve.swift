import Authorization
import Identity
import Vocabulary

extension LoginStanding {
    /// What a person holds according to the resolver, with two factors assumed: the question here is whether to ask for
    /// them. `isAskedByApplication` says whether some application of the tenant does.
    static func resolve(
        _ person: PersonID, in tenant: TenantID, by resolver: SubjectResolver, isAskedByApplication: Bool = false
    ) async throws -> LoginStanding {
        guard let subject = try await resolver.resolve(.person(person), in: tenant, isStrong: true) else {
            return LoginStanding(
                roles: [], mappings: [], groups: [], requiresMultiFactor: false,
                mayBeAskedForMultiFactor: isAskedByApplication)
        }
        let authorization = try await resolver.table.snapshot(of: tenant)
        let isRequired = !authorization.multiFactorRoles.isDisjoint(with: subject.roleIDs)
        return LoginStanding(
            roles: subject.roleIDs, mappings: subject.mappedRoles.flatMap(\.mappings), groups: subject.groups,
            requiresMultiFactor: isRequired,
            mayBeAskedForMultiFactor: isRequired || isAskedByApplication
                || authorization.index.asks(for: .aal2, of: subject.standing))
    }
}
