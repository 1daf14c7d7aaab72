import Governance
import Identity
import Storage
import Vocabulary

extension EntitlementService {
    /// Lets an entitlement come with a role, for everybody who holds that. Throws `sod.violation` where the role alone
    /// would break a rule then, or `sod.violation` and `sod.multiple_violations` where its holders would.
    public func bind(
        _ id: EntitlementID, to role: RoleID, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> Entitlement {
        let reach = DutyReach.holders(of: role) { _ in [id] }
        return try await reach.carryOut(in: caller.tenant, store, table, at: clock) { judged in
            try await bind(id, to: role, expecting: version, judged, by: caller)
        }
    }

    private func bind(
        _ id: EntitlementID, to role: RoleID, expecting version: Int64?, _ judged: DutyReach.Judgement,
        by caller: Caller
    ) async throws -> Entitlement {
        try await store.govern(by: caller) { writer in
            guard try writer.tx.sql.role(role, in: writer.tenant) != nil else {
                throw GovernanceError.notFound(resource: "role", id: role.description)
            }
            try judged.confirm(writer.view)
            return try Self.change(id, expecting: version, writer) { catalog, _ in
                try catalog.decide(.bindToRole(id, role), tenant: writer.tenant, now: writer.now)
            }
        }
    }

    /// Lets an entitlement come with a role no more.
    public func unbind(
        _ id: EntitlementID, from role: RoleID, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> Entitlement {
        try await store.govern(by: caller) { writer in
            try Self.change(id, expecting: version, writer) { catalog, _ in
                try catalog.decide(.unbindFromRole(id, role), tenant: writer.tenant, now: writer.now)
            }
        }
    }
}
