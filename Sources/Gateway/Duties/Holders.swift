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

    /// What everybody holds, by assignments and by roles.
    func everything() throws -> [Subject: Set<EntitlementID>] {
        var held: [Subject: Set<EntitlementID>] = [:]
        for holding in try view.holdings({ _ in }) where holding.isInForce(at: view.now) {
            held[holding.subject, default: []].insert(holding.entitlement)
        }
        let bound = try view.entitlements(of: authorization.roles.keys)
        for role in authorization.roles.keys {
            let entitlements = authorization.rules.closure(of: [role])
                .reduce(into: Set<EntitlementID>()) { $0.formUnion(bound[$1] ?? []) }
            guard !entitlements.isEmpty else { continue }
            for subject in try of([role]) { held[subject, default: []].formUnion(entitlements) }
        }
        return held
    }
}
