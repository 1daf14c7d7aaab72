import Identity
import Vocabulary

extension SQLConnection {
    /// Every tenant, disabled ones included.
    public func tenants() throws -> [Tenant] {
        try query("SELECT id, slug, name, is_disabled FROM tenant ORDER BY created_at, id").map(Tenant.init(row:))
    }

    /// The tenant of this slug; nil when there is none.
    public func tenant(slug: String) throws -> Tenant? {
        try queryOne("SELECT id, slug, name, is_disabled FROM tenant WHERE slug = ?1", [.text(slug)])
            .map(Tenant.init(row:))
    }

    /// The tenant of this id; nil when there is none.
    public func tenant(_ id: TenantID) throws -> Tenant? {
        try queryOne("SELECT id, slug, name, is_disabled FROM tenant WHERE id = ?1", [.id(id)]).map(Tenant.init(row:))
    }

    /// Adds a tenant; throws when its slug is taken.
    public func insert(_ tenant: Tenant, managedBy: ManagedBy, at now: Timestamp) throws {
        try execute(
            "INSERT INTO tenant (id, slug, name, is_disabled, managed_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .id(tenant.id), .text(tenant.slug), .text(tenant.name), .bool(tenant.isDisabled),
                .text(managedBy.rawValue), .time(now),
            ])
    }

    /// Replaces the row; throws when another tenant has the slug.
    public func update(_ tenant: Tenant) throws {
        try execute(
            "UPDATE tenant SET slug = ?2, name = ?3, is_disabled = ?4, version = version + 1 WHERE id = ?1",
            [.id(tenant.id), .text(tenant.slug), .text(tenant.name), .bool(tenant.isDisabled)])
    }

    /// Who owns the tenant's slug and name; nil when there is no such tenant.
    public func manager(of tenant: TenantID) throws -> ManagedBy? {
        try queryOne("SELECT managed_by FROM tenant WHERE id = ?1", [.id(tenant)])
            .map { try word(ManagedBy.self, try $0.text(0)) }
    }

    /// Hands the tenant's slug and name to another owner.
    public func hand(_ tenant: TenantID, to owner: ManagedBy) throws {
        try execute(
            "UPDATE tenant SET managed_by = ?2, version = version + 1 WHERE id = ?1",
            [.id(tenant), .text(owner.rawValue)])
    }

    // MARK: Organization tree

    /// Whether the unit is still there.
    public func hasOrganizationUnit(_ id: OrganizationUnitID) throws -> Bool {
        try queryOne("SELECT 1 FROM organization_unit WHERE id = ?1", [.id(id)]) != nil
    }

    /// Every unit of the tenant.
    public func organizationUnits(of tenant: TenantID) throws -> [OrganizationUnit] {
        try query(
            "SELECT id, tenant, level, name, parent, managed_by, version FROM organization_unit WHERE tenant = ?1 ORDER BY id",
            [.id(tenant)]
        ).map(OrganizationUnit.init(row:))
    }

    /// Adds a unit under its parent.
    public func insert(_ unit: OrganizationUnit) throws {
        try execute(
            """
            INSERT INTO organization_unit (id, tenant, level, name, parent, managed_by, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .id(unit.id), .id(unit.tenant), .text(unit.level.word), .text(unit.name), .id(unit.parent),
                .text(unit.managedBy.rawValue), .integer(unit.version),
            ])
    }

    /// Writes the unit back where it still has the version it was read with; false when somebody was faster.
    public func update(_ unit: OrganizationUnit, expecting version: Int64) throws -> Bool {
        try execute(
            """
            UPDATE organization_unit SET name = ?3, parent = ?4, version = version + 1 WHERE id = ?1 AND version = ?2
            """, [.id(unit.id), .integer(version), .text(unit.name), .id(unit.parent)]) == 1
    }

    /// How many people are placed in the unit itself.
    public func countPeople(inUnit unit: OrganizationUnitID, of tenant: TenantID) throws -> Int64 {
        try queryOne(
            "SELECT count(*) FROM person WHERE organization_unit = ?1 AND tenant = ?2", [.id(unit), .id(tenant)])?
            .integer(0) ?? 0
    }

    /// Deletes a unit; false when the tenant has none of this id.
    public func deleteOrganizationUnit(_ id: OrganizationUnitID, of tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM organization_unit WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }
}

extension Tenant {
    fileprivate init(row: SQLRow) throws {
        self.init(id: try row.id(0), slug: try row.text(1), name: try row.text(2), isDisabled: try row.bool(3))
    }
}

extension OrganizationUnit {
    fileprivate init(row: SQLRow) throws {
        guard let level = OrganizationLevel(word: try row.text(2)) else {
            throw Fault("storage.corrupt", .ourselves, "A stored organization unit has an unknown level.")
        }
        self.init(
            id: try row.id(0), tenant: try row.id(1), level: level, name: try row.text(3),
            parent: try row.optionalID(4),
            managedBy: try word(ManagedBy.self, try row.text(5)), version: try row.integer(6))
    }
}
