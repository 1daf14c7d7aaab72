import Vocabulary

/// An operator, an account or a user of NATS as stored; what `record` means is the gateway's business.
public struct StoredNATSEntity: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable, Hashable {
        case `operator`, account, user
    }

    public let id: NATSEntityID
    public let tenant: TenantID
    public let kind: Kind
    /// The operator of an account, the account of a user.
    public let parent: NATSEntityID?
    /// Of an operator and an account: the organization unit it stands for; nil for the system account.
    public let unit: OrganizationUnitID?
    /// Of a user: whose it is; nil for the gateway's own.
    public let person: PersonID?
    /// Of a user for a time: sixteen bytes, what it was assigned by.
    public let assignment: [UInt8]?
    public let name: String
    public var publicKey: String
    /// JSON: what is settled for it.
    public var record: String
    /// What servers are shown.
    public var token: String
    public var expiresAt: Timestamp?
    public private(set) var version: Int64
    public let createdAt: Timestamp

    /// As it stands once it was written back.
    public var stored: StoredNATSEntity {
        var entity = self
        entity.version += 1
        return entity
    }

    public init(
        id: NATSEntityID, tenant: TenantID, kind: Kind, parent: NATSEntityID?, unit: OrganizationUnitID? = nil,
        person: PersonID? = nil, assignment: [UInt8]? = nil, name: String, publicKey: String, record: String,
        token: String, expiresAt: Timestamp? = nil, version: Int64 = 1, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.kind = kind
        self.parent = parent
        self.unit = unit
        self.person = person
        self.assignment = assignment
        self.name = name
        self.publicKey = publicKey
        self.record = record
        self.token = token
        self.expiresAt = expiresAt
        self.version = version
        self.createdAt = createdAt
    }
}

extension StoredNATSEntity {
    fileprivate static let columns = """
        id, tenant, kind, parent, unit, person, assignment, name, public_key, record, token, expires_at, version, created_at
        """

    fileprivate init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), kind: try word(Kind.self, try row.text(2)),
            parent: try row.optionalID(3), unit: try row.optionalID(4), person: try row.optionalID(5),
            assignment: try row.optionalBlob(6), name: try row.text(7), publicKey: try row.text(8),
            record: try row.text(9), token: try row.text(10), expiresAt: try row.optionalTime(11),
            version: try row.integer(12), createdAt: try row.time(13))
    }
}

extension SQLConnection {
    /// Everything of a tenant's, operators before accounts before users, by when they were made.
    public func natsEntities(in tenant: TenantID) throws -> [StoredNATSEntity] {
        try query(
            """
            SELECT \(StoredNATSEntity.columns) FROM nats_entity WHERE tenant = ?1
            ORDER BY CASE kind WHEN 'operator' THEN 0 WHEN 'account' THEN 1 ELSE 2 END, id
            """, [.id(tenant)]
        ).map(StoredNATSEntity.init(row:))
    }

    /// The one of this id; nil where there is none.
    public func natsEntity(_ id: NATSEntityID, in tenant: TenantID) throws -> StoredNATSEntity? {
        try queryOne(
            "SELECT \(StoredNATSEntity.columns) FROM nats_entity WHERE id = ?2 AND tenant = ?1", [.id(tenant), .id(id)]
        ).map(StoredNATSEntity.init(row:))
    }

    /// Whom servers know by this public key; nil when it is nobody's.
    public func natsEntity(publicKey: String, in tenant: TenantID) throws -> StoredNATSEntity? {
        try queryOne(
            "SELECT \(StoredNATSEntity.columns) FROM nats_entity WHERE tenant = ?1 AND public_key = ?2",
            [.id(tenant), .text(publicKey)]
        ).map(StoredNATSEntity.init(row:))
    }

    /// Adds one.
    public func insert(_ entity: StoredNATSEntity) throws {
        try execute(
            """
            INSERT INTO nats_entity (\(StoredNATSEntity.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """,
            [
                .id(entity.id), .id(entity.tenant), .text(entity.kind.rawValue), .id(entity.parent), .id(entity.unit),
                .id(entity.person), .optional(entity.assignment), .text(entity.name), .text(entity.publicKey),
                .text(entity.record), .text(entity.token), .time(entity.expiresAt), .integer(entity.version),
                .time(entity.createdAt),
            ])
    }

    /// Writes back what may change where it is still of the version that was read; false otherwise.
    public func update(_ entity: StoredNATSEntity) throws -> Bool {
        try execute(
            """
            UPDATE nats_entity SET public_key = ?4, record = ?5, token = ?6, expires_at = ?7, version = version + 1
            WHERE id = ?1 AND tenant = ?2 AND version = ?3
            """,
            [
                .id(entity.id), .id(entity.tenant), .integer(entity.version), .text(entity.publicKey),
                .text(entity.record), .text(entity.token), .time(entity.expiresAt),
            ]) == 1
    }

    /// Takes one away with its keys and everything under it; false when there is none.
    public func deleteNATSEntity(_ id: NATSEntityID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM nats_entity WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }
}
