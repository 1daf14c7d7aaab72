import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Who holds roles, and through them entitlements, for a whole tenant at once.
struct Holders {
    private let view: GovernedView
    private let authorization: TenantAuthorization

    init(_ view: GovernedView, _ authorization: TenantAuthorization) {
        (self.view, self.authorization) = (view, authorization)
    }

    /// Everybody who has one of these roles themselves: by hand, or through a mapping.
    func of(_ roles: Set<RoleID>) throws -> Set<Subject> {
        let (sql, tenant) = (view.sql, view.tenant)
        var found = Set(try sql.activeHolders(of: roles, in: tenant, at: view.now).map(Subject.person))
        for mapping in authorization.mappings.mappings where roles.contains(mapping.role) {
            found.formUnion(try SyncService.mappedHolders(mapping, in: tenant, sql).map(Subject.person))
        }
        for role in roles {
            for assignment in try sql.assignments(in: tenant, role: role) {
                guard case .serviceAccount = assignment.subject, assignment.expiresAt.map({ view.now < $0 }) ?? true
                else { continue }
                found.insert(assignment.subject)
            }
        }
        return found
    }

    /// What everybody holds, by assignments and by roles: in one pass over the rows of each.
    func everything() throws -> [Subject: Set<EntitlementID>] {
        var held: [Subject: Set<EntitlementID>] = [:]
        try view.sql.forEachGovernedPair(
            .governed(EntitlementAssignment.aggregate.kind), in: view.tenant, state: AssignmentStatus.active.rawValue,
            at: view.now
        ) { scope, target, parent in
            guard let subject = Subject(kind: scope, bytes: target), let id = EntitlementID(bytes: parent) else {
                return
            }
            held[subject, default: []].insert(id)
        }
        let given = try given()
        guard !given.isEmpty else { return held }
        try view.sql.forEachAssignedRole(in: view.tenant, at: view.now) { role, subject in
            if let entitlements = given[role] { held[subject, default: []].formUnion(entitlements) }
        }
        for mapping in authorization.mappings.mappings {
            guard let entitlements = given[mapping.role] else { continue }
            for person in try SyncService.mappedHolders(mapping, in: view.tenant, view.sql) {
                held[.person(person), default: []].formUnion(entitlements)
            }
        }
        return held
    }

    /// What each role gives, with what it inherits; a role that gives nothing is left out.
    private func given() throws -> [RoleID: Set<EntitlementID>] {
        let bound = try view.entitlements(of: authorization.roles.keys)
        guard !bound.isEmpty else { return [:] }
        var given: [RoleID: Set<EntitlementID>] = [:]
        for role in authorization.roles.keys {
            let all = authorization.rules.closure(of: [role])
                .reduce(into: Set<EntitlementID>()) { $0.formUnion(bound[$1] ?? []) }
            if !all.isEmpty { given[role] = all }
        }
        return given
    }
}
