import Identity
import Storage
import Vocabulary

/// Somebody who has a role, and the assignment by which they do; nil where only a mapping gives it to them.
public struct RoleHolder: Sendable {
    public let subject: Subject
    public let assignment: RoleAssignment?
}

extension Gateway {
    /// Everybody who has a role themselves, by hand or through a mapping; not those who have it because they hold another
    /// one that inherits from it. Throws `not_found` for a role that the tenant does not have.
    public func holders(of role: RoleID, in tenant: TenantID) async throws -> [RoleHolder] {
        let compiled = try await authorization.snapshot(of: tenant)
        return try await store.ask(tenant, now: clock()) { view in
            guard try view.sql.role(role, in: tenant) != nil else { throw Fault.notFound("role") }
            let given = Dictionary(
                try view.sql.assignments(in: tenant, role: role)
                    .filter { $0.expiresAt.map { view.now < $0 } ?? true }.map { ($0.subject, $0) },
                uniquingKeysWith: { first, _ in first })
            return try Holders(view, compiled).of([role]).map { RoleHolder(subject: $0, assignment: given[$0]) }
        }
    }
}
