import Identity
import Vocabulary

extension SQLConnection {
    /// Every role of the tenant by name.
    public func roles(in tenant: TenantID) throws -> [Role] {
        try query("SELECT \(Role.columns) FROM role WHERE tenant = ?1 ORDER BY name", [.id(tenant)]).map(
            Role.init(row:))
    }

    /// The role, nil when this tenant has none of this id.
    public func role(_ id: RoleID, in tenant: TenantID) throws -> Role? {
        try queryOne("SELECT \(Role.columns) FROM role WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)])
            .map(Role.init(row:))
    }

    /// Adds a role; throws when the tenant has one of that name.
    public func insert(_ role: Role) throws {
        try execute(
            "INSERT INTO role (\(Role.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            [
                .id(role.id), .id(role.tenant), .text(role.name), .optional(role.description),
                try JSONColumn.encode(role.parents), try JSONColumn.encode(role.permissions), .bool(role.isPredefined),
                .bool(role.isProtected), .bool(role.requiresMFA), .text(role.managedBy.rawValue),
                .integer(role.version),
            ])
    }

    /// Replaces the row if `version` is still its version; false otherwise.
    public func update(_ role: Role, expecting version: Int64) throws -> Bool {
        try execute(
            """
            UPDATE role SET name = ?3, description = ?4, parents = ?5, permissions = ?6, is_protected = ?7,
                requires_mfa = ?8, managed_by = ?9, version = version + 1 WHERE id = ?1 AND version = ?2
            """,
            [
                .id(role.id), .integer(version), .text(role.name), .optional(role.description),
                try JSONColumn.encode(role.parents), try JSONColumn.encode(role.permissions), .bool(role.isProtected),
                .bool(role.requiresMFA), .text(role.managedBy.rawValue),
            ]) == 1
    }

    /// Deletes a role nobody holds, with its closed mappings and assignments, which the journal still tells of; false
    /// when it is held, mapped or gone.
    public func deleteRole(_ id: RoleID, in tenant: TenantID) throws -> Bool {
        let present = try queryOne(
            """
            SELECT 1 FROM role WHERE id = ?1 AND tenant = ?2
                AND NOT EXISTS (SELECT 1 FROM role_mapping WHERE role = ?1 AND valid_to IS NULL)
                AND NOT EXISTS (SELECT 1 FROM role_assignment WHERE role = ?1 AND valid_to IS NULL)
            """, [.id(id), .id(tenant)])
        guard present != nil else { return false }
        try execute("DELETE FROM role_mapping WHERE role = ?1", [.id(id)])
        try execute("DELETE FROM role_assignment WHERE role = ?1", [.id(id)])
        return try execute("DELETE FROM role WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    // MARK: Mappings

    /// The mappings that hold now, in the order of their ids.
    public func roleMappings(in tenant: TenantID) throws -> [RoleMapping] {
        try query(
            "SELECT \(RoleMapping.columns) FROM role_mapping WHERE tenant = ?1 AND valid_to IS NULL ORDER BY id",
            [.id(tenant)]
        ).map(RoleMapping.init(row:))
    }

    /// Adds a mapping that holds from this position of the journal on.
    public func insert(_ mapping: RoleMapping, at position: Int64) throws {
        try execute(
            """
            INSERT INTO role_mapping (\(RoleMapping.columns), valid_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """,
            [
                .id(mapping.id), .id(mapping.tenant), .id(mapping.provider), try JSONColumn.encode(mapping.match),
                .id(mapping.role), .text(mapping.managedBy.rawValue), .integer(mapping.version), .integer(position),
            ])
    }

    /// Ends it at this position; false when it holds no longer or never did. What held before stays readable.
    public func closeMapping(_ id: MappingID, in tenant: TenantID, at position: Int64) throws -> Bool {
        try execute(
            "UPDATE role_mapping SET valid_to = ?3 WHERE id = ?1 AND tenant = ?2 AND valid_to IS NULL",
            [.id(id), .id(tenant), .integer(position)]) == 1
    }

    // MARK: Assignments

    /// The assignments of one subject that are not closed; those that expired are the caller's to leave out.
    public func assignments(of subject: Subject) throws -> [RoleAssignment] {
        try query(
            "SELECT \(RoleAssignment.columns) FROM role_assignment WHERE subject = ?1 AND valid_to IS NULL ORDER BY id",
            [.blob(subject.bytes)]
        ).map(RoleAssignment.init(row:)).filter { $0.subject == subject }
    }

    /// The tenant's assignments that are not closed, in the order of their ids: those after `last`, of one subject and
    /// of one role where they are named.
    public func assignments(
        in tenant: TenantID, of subject: Subject? = nil, role: RoleID? = nil, after last: AssignmentID? = nil,
        limit: Int = .max
    ) throws -> [RoleAssignment] {
        try query(
            """
            SELECT \(RoleAssignment.columns) FROM role_assignment
            WHERE tenant = ?1 AND valid_to IS NULL AND id > ?2 AND (?3 IS NULL OR role = ?3)
                AND (?4 IS NULL OR (subject = ?4 AND subject_kind = ?5))
            ORDER BY id LIMIT ?6
            """,
            [
                .id(tenant), .blob(last?.bytes ?? []), .id(role), .optional(subject?.bytes),
                .optional(subject?.kind), .integer(Int64(limit)),
            ]
        ).map(RoleAssignment.init(row:))
    }

    /// The assignment, nil when this tenant has none of this id or it was revoked.
    public func assignment(_ id: AssignmentID, in tenant: TenantID) throws -> RoleAssignment? {
        try queryOne(
            "SELECT \(RoleAssignment.columns) FROM role_assignment WHERE id = ?1 AND tenant = ?2 AND valid_to IS NULL",
            [.id(id), .id(tenant)]
        ).map(RoleAssignment.init(row:))
    }

    /// Who has, or had, an assignment, revoked ones included.
    public func holder(ofRoleAssignment id: AssignmentID, in tenant: TenantID) throws -> Subject? {
        try queryOne(
            "SELECT subject_kind, subject FROM role_assignment WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]
        ).flatMap { Subject(kind: try $0.text(0), bytes: try $0.blob(1)) }
    }

    /// Adds an assignment that holds from this position of the journal on.
    public func insert(_ assignment: RoleAssignment, at position: Int64) throws {
        try execute(
            """
            INSERT INTO role_assignment (\(RoleAssignment.columns), valid_from)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            [
                .id(assignment.id), .id(assignment.tenant), .text(assignment.subject.kind),
                .blob(assignment.subject.bytes), .id(assignment.role), try JSONColumn.encode(assignment.grantedBy),
                .time(assignment.grantedAt), .time(assignment.expiresAt), .integer(position),
            ])
    }

    /// Ends it at this position; false when it holds no longer or never did.
    public func closeAssignment(_ id: AssignmentID, in tenant: TenantID, at position: Int64) throws -> Bool {
        try execute(
            "UPDATE role_assignment SET valid_to = ?3 WHERE id = ?1 AND tenant = ?2 AND valid_to IS NULL",
            [.id(id), .id(tenant), .integer(position)]) == 1
    }
}

extension Role {
    static let columns = """
        id, tenant, name, description, parents, permissions, is_predefined, is_protected, requires_mfa, managed_by, version
        """

    init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), name: try row.text(2), description: try row.optionalText(3),
            parents: try JSONColumn.decode([RoleID].self, try row.text(4)),
            permissions: try JSONColumn.decode([RolePermission].self, try row.text(5)),
            isPredefined: try row.bool(6), isProtected: try row.bool(7), requiresMFA: try row.bool(8),
            managedBy: try word(ManagedBy.self, try row.text(9)), version: try row.integer(10))
    }
}

extension RoleMapping {
    static let columns = "id, tenant, provider, match, role, managed_by, version"

    init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), provider: try row.id(2),
            match: try JSONColumn.decode(MappingMatch.self, try row.text(3)), role: try row.id(4),
            managedBy: try word(ManagedBy.self, try row.text(5)), version: try row.integer(6))
    }
}

extension RoleAssignment {
    static let columns = "id, tenant, subject_kind, subject, role, granted_by, granted_at, expires_at"

    init(row: SQLRow) throws {
        let subject: Subject =
            try row.text(2) == "person" ? .person(try row.id(3)) : .serviceAccount(try row.id(3))
        self.init(
            id: try row.id(0), tenant: try row.id(1), subject: subject, role: try row.id(4),
            grantedBy: try JSONColumn.decode(Actor.self, try row.text(5)), grantedAt: try row.time(6),
            expiresAt: try row.optionalTime(7))
    }
}
