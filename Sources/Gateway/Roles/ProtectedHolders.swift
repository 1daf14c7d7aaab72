import Identity
import Storage
import Vocabulary

/// The people who hold a tenant's protected roles and can sign in to use them. Somebody has to be left: a tenant without
/// an administrator is mended only by whoever has the machine.
struct ProtectedHolders {
    private let tenant: TenantID
    private let sql: any SQLConnection
    private let now: Timestamp
    private let roles: [Role]
    private let hierarchy: GrantRule
    private let mappings: [RoleMapping]
    private let ways: SignInWays

    init(in tenant: TenantID, _ sql: any SQLConnection, _ ways: SignInWays, at now: Timestamp) throws {
        (self.tenant, self.sql, self.ways, self.now) = (tenant, sql, ways, now)
        roles = try sql.roles(in: tenant)
        hierarchy = GrantRule(roles: roles)
        mappings = try sql.roleMappings(in: tenant)
    }

    /// Carries a change out, unless it takes the last such person from a protected role that had one.
    ///
    /// - Throws: `conflict` then, and the transaction's body is undone; else what the change throws.
    static func keep<T>(
        in tenant: TenantID, _ ways: SignInWays, _ tx: Transaction, while change: () throws -> T
    ) throws -> T {
        let before = try ProtectedHolders(in: tenant, tx.sql, ways, at: tx.now).held()
        let result = try change()
        let after = try ProtectedHolders(in: tenant, tx.sql, ways, at: tx.now)
        for role in before where try !after.hasHolder(of: role) {
            throw Fault(
                "conflict", .caller, "Nobody who can sign in would hold the role \(role.name) any more.",
                remedy: "Give it to somebody else first.")
        }
        return result
    }

    /// Whether anybody at all holds one of the protected roles and can sign in.
    func isAnybody() throws -> Bool { try !held().isEmpty }

    private func held() throws -> [Role] { try roles.filter { try $0.isProtected && hasHolder(of: $0) } }

    /// Assignments first: they are few, and mostly enough.
    private func hasHolder(of role: Role) throws -> Bool {
        let carriers = Set(roles.filter { hierarchy.closure(of: [$0.id]).contains(role.id) }.map(\.id) + [role.id])
        if try hasAbleOne(try sql.activeHolders(of: carriers, in: tenant, at: now)) { return true }
        return try mappings.contains { mapping in
            try carriers.contains(mapping.role)
                && hasAbleOne(try SyncService.mappedHolders(mapping, in: tenant, sql))
        }
    }

    private func hasAbleOne(_ people: Set<PersonID>) throws -> Bool {
        try people.contains { try ways.areOpen(to: $0, sql) }
    }
}
