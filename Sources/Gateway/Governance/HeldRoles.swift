import Authorization
import Identity
import Storage
import Vocabulary

/// Which roles somebody holds, inherited ones included: what comes with them is judged together with what was assigned.
/// Second factors are left out of it: a role that counts only now and then is held all the same.
enum HeldRoles {
    /// The roles of one subject as this connection sees them; none for somebody unknown.
    static func of(
        _ subject: Subject, _ authorization: TenantAuthorization, _ sql: any SQLConnection, now: Timestamp
    ) throws -> Set<RoleID> {
        let direct = try sql.assignments(of: subject).filter { $0.expiresAt.map { now < $0 } ?? true }.map(\.role)
        guard case .person(let id) = subject else { return authorization.rules.closure(of: direct) }
        guard let person = try sql.person(id, in: authorization.tenant) else { return [] }
        return authorization.rules.closure(of: direct + (try mapped(person, authorization, sql)))
    }

    /// The roles that somebody would hold with these attributes, whatever is stored of them.
    ///
    /// - Parameter linked: an account of theirs that is not stored yet.
    static func of(
        _ person: Person, linked: LinkedIdentity? = nil, _ authorization: TenantAuthorization, _ sql: any SQLConnection,
        now: Timestamp
    ) throws -> Set<RoleID> {
        let direct = try sql.assignments(of: .person(person.id)).filter { $0.expiresAt.map { now < $0 } ?? true }
        let mapped = try mapped(person, linked: linked, authorization, sql)
        return authorization.rules.closure(of: direct.map(\.role) + mapped)
    }

    /// What the mappings give a person through their accounts, groups and attributes.
    private static func mapped(
        _ person: Person, linked: LinkedIdentity? = nil, _ authorization: TenantAuthorization, _ sql: any SQLConnection
    ) throws -> [RoleID] {
        let identities = try sql.identities(of: person.id, grantedBy: .max) + [linked].compactMap(\.self)
        guard !identities.isEmpty else { return [] }
        let direct = try sql.directGroups(of: person.id, grantedBy: .max)
        let groups = Set(direct.flatMap { authorization.containers[$0] ?? [$0] }).sorted()
        return SubjectResolver.mappedRoles(of: person, identities, groups, authorization).map(\.role)
    }
}
