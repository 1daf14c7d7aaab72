import Vocabulary

/// A policy document as stored: its text, unread.
public struct StoredPolicyDocument: Sendable, Hashable {
    public let id: PolicyID
    public let tenant: TenantID
    public var name: String
    /// JSON.
    public var document: String
    /// SHA-256 of `document`.
    public var digest: [UInt8]
    public var managedBy: ManagedBy
    public var version: Int64
    public var updatedAt: Timestamp

    public init(
        id: PolicyID, tenant: TenantID, name: String, document: String, digest: [UInt8], managedBy: ManagedBy,
        version: Int64 = 1, updatedAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.document = document
        self.digest = digest
        self.managedBy = managedBy
        self.version = version
        self.updatedAt = updatedAt
    }
}

extension SQLConnection {
    /// Every document of the tenant by name.
    public func policyDocuments(in tenant: TenantID) throws -> [StoredPolicyDocument] {
        try query(
            """
            SELECT id, tenant, name, document, digest, managed_by, version, updated_at FROM policy_document
            WHERE tenant = ?1 ORDER BY name
            """, [.id(tenant)]
        ).map(StoredPolicyDocument.init(row:))
    }

    /// Adds a document; throws when the tenant has one of that name.
    public func insert(_ policy: StoredPolicyDocument) throws {
        try execute(
            """
            INSERT INTO policy_document (id, tenant, name, document, digest, managed_by, version, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """,
            [
                .id(policy.id), .id(policy.tenant), .text(policy.name), .text(policy.document), .blob(policy.digest),
                .text(policy.managedBy.rawValue), .integer(policy.version), .time(policy.updatedAt),
            ])
    }

    /// Replaces the row if `version` is still its version; false otherwise.
    public func update(_ policy: StoredPolicyDocument, expecting version: Int64) throws -> Bool {
        try execute(
            """
            UPDATE policy_document SET name = ?3, document = ?4, digest = ?5, version = version + 1, updated_at = ?6
            WHERE id = ?1 AND version = ?2
            """,
            [
                .id(policy.id), .integer(version), .text(policy.name), .text(policy.document), .blob(policy.digest),
                .time(policy.updatedAt),
            ]) == 1
    }

    /// Deletes it; false when the tenant has none of this id.
    public func deletePolicyDocument(_ id: PolicyID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM policy_document WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }
}

extension StoredPolicyDocument {
    fileprivate init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), name: try row.text(2), document: try row.text(3),
            digest: try row.blob(4), managedBy: try word(ManagedBy.self, try row.text(5)), version: try row.integer(6),
            updatedAt: try row.time(7))
    }
}
