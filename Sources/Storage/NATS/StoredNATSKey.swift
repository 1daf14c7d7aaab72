import Vocabulary

/// A key pair of NATS as stored: its seed is sealed.
public struct StoredNATSKey: Sendable, Hashable {
    /// What it does for its holder.
    public enum Purpose: String, Sendable, CaseIterable, Hashable {
        /// By it the holder is known.
        case identity
        /// Signs in the holder's name, and can be replaced without the holder becoming another.
        case signing
    }

    public let id: KeyID
    public let tenant: TenantID
    public let entity: NATSEntityID
    public let purpose: Purpose
    /// As it is written: 56 letters and digits.
    public let publicKey: String
    /// The 32 bytes behind the seed, under the tenant's key; nil for one whose holder keeps it.
    public let sealed: [UInt8]?
    public let createdAt: Timestamp

    public init(
        id: KeyID, tenant: TenantID, entity: NATSEntityID, purpose: Purpose, publicKey: String, sealed: [UInt8]?,
        createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.entity = entity
        self.purpose = purpose
        self.publicKey = publicKey
        self.sealed = sealed
        self.createdAt = createdAt
    }
}

extension SQLConnection {
    /// Every key of a tenant's, oldest first; of one holder where that is said.
    public func natsKeys(in tenant: TenantID, of entity: NATSEntityID? = nil) throws -> [StoredNATSKey] {
        try query(
            """
            SELECT id, tenant, entity, purpose, public_key, sealed, created_at FROM nats_key
            WHERE tenant = ?1 AND (?2 IS NULL OR entity = ?2) ORDER BY created_at, id
            """, [.id(tenant), .id(entity)]
        ).map { row in
            StoredNATSKey(
                id: try row.id(0), tenant: try row.id(1), entity: try row.id(2),
                purpose: try word(StoredNATSKey.Purpose.self, try row.text(3)), publicKey: try row.text(4),
                sealed: try row.optionalBlob(5), createdAt: try row.time(6))
        }
    }

    /// Adds a key.
    public func insert(_ key: StoredNATSKey) throws {
        try execute(
            """
            INSERT INTO nats_key (id, tenant, entity, purpose, public_key, sealed, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .id(key.id), .id(key.tenant), .id(key.entity), .text(key.purpose.rawValue), .text(key.publicKey),
                .optional(key.sealed), .time(key.createdAt),
            ])
    }

    /// Forgets a key; false when there is none.
    public func deleteNATSKey(_ id: KeyID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM nats_key WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }
}
