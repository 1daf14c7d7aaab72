import Identity
import Vocabulary

/// An application that speaks SAML 2.0 as stored; what `record` means is the gateway's business.
public struct StoredSAMLApplication: Sendable, Hashable {
    public let id: SAMLApplicationID
    public let tenant: TenantID
    /// What it calls itself, unique within the tenant octet by octet, and permanent.
    public let entityID: String
    /// JSON: where its metadata are, and what is settled beside them.
    public var record: String
    public var isDisabled: Bool
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp

    public init(
        id: SAMLApplicationID, tenant: TenantID, entityID: String, record: String, isDisabled: Bool = false,
        managedBy: ManagedBy, version: Int64 = 1, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.entityID = entityID
        self.record = record
        self.isDisabled = isDisabled
        self.managedBy = managedBy
        self.version = version
        self.createdAt = createdAt
    }
}

extension StoredSAMLApplication {
    fileprivate static let columns = "id, tenant, entity_id, record, managed_by, is_disabled, version, created_at"

    fileprivate init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), entityID: try row.text(2), record: try row.text(3),
            isDisabled: try row.bool(5), managedBy: try word(ManagedBy.self, try row.text(4)),
            version: try row.integer(6), createdAt: try row.time(7))
    }
}

extension SQLConnection {
    /// Every application of every tenant: what memory is filled with at start.
    public func samlApplications() throws -> [StoredSAMLApplication] {
        try query("SELECT \(StoredSAMLApplication.columns) FROM saml_application ORDER BY tenant, entity_id")
            .map(StoredSAMLApplication.init(row:))
    }

    /// The application, nil when this tenant has none of this id.
    public func samlApplication(_ id: SAMLApplicationID, in tenant: TenantID) throws -> StoredSAMLApplication? {
        try queryOne(
            "SELECT \(StoredSAMLApplication.columns) FROM saml_application WHERE id = ?1 AND tenant = ?2",
            [.id(id), .id(tenant)]
        ).map(StoredSAMLApplication.init(row:))
    }

    /// Adds an application; false when the tenant has one of its entity id.
    public func insert(_ application: StoredSAMLApplication) throws -> Bool {
        try execute(
            """
            INSERT INTO saml_application (\(StoredSAMLApplication.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (tenant, entity_id) DO NOTHING
            """,
            [
                .id(application.id), .id(application.tenant), .text(application.entityID), .text(application.record),
                .text(application.managedBy.rawValue), .bool(application.isDisabled), .integer(application.version),
                .time(application.createdAt),
            ]) == 1
    }

    /// Writes back what may change of an application where it is still of the version that was read; false otherwise.
    public func update(_ application: StoredSAMLApplication) throws -> Bool {
        try execute(
            """
            UPDATE saml_application SET record = ?4, is_disabled = ?5, version = version + 1
            WHERE id = ?1 AND tenant = ?2 AND version = ?3
            """,
            [
                .id(application.id), .id(application.tenant), .integer(application.version), .text(application.record),
                .bool(application.isDisabled),
            ]) == 1
    }

    /// Deletes an application; false when there is none.
    public func deleteSAMLApplication(_ id: SAMLApplicationID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM saml_application WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }
}
