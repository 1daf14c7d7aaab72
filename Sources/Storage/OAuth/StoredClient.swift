import Identity
import Vocabulary

/// A client of the authorization server as stored; what `record` means is the gateway's business.
public struct StoredClient: Sendable, Hashable {
    public let id: ClientID
    public let tenant: TenantID
    /// The `client_id` (RFC 6749 §2.2), unique within the tenant and permanent.
    public let name: String
    /// JSON: its metadata, and what the gateway adds.
    public var record: String
    public var isDisabled: Bool
    /// The hash of the token that may read and change a client that registered itself (RFC 7592).
    public var registration: TokenHash?
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp

    public init(
        id: ClientID, tenant: TenantID, name: String, record: String, isDisabled: Bool = false,
        registration: TokenHash? = nil, managedBy: ManagedBy, version: Int64 = 1, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.record = record
        self.isDisabled = isDisabled
        self.registration = registration
        self.managedBy = managedBy
        self.version = version
        self.createdAt = createdAt
    }
}

/// One of a client's secrets: two at once let it change from one to the other.
public struct StoredClientSecret: Sendable, Hashable {
    public let hash: TokenHash
    public let createdAt: Timestamp
    /// Nil: it does not expire.
    public let expiresAt: Timestamp?

    public init(hash: TokenHash, createdAt: Timestamp, expiresAt: Timestamp? = nil) {
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

extension StoredClient {
    fileprivate static let columns =
        "id, tenant, name, record, is_disabled, registration_hash, managed_by, version, created_at"

    fileprivate init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), name: try row.text(2), record: try row.text(3),
            isDisabled: try row.bool(4), registration: try row.optionalBlob(5).flatMap(TokenHash.init(bytes:)),
            managedBy: try word(ManagedBy.self, try row.text(6)), version: try row.integer(7),
            createdAt: try row.time(8))
    }
}

extension SQLConnection {
    /// Every client of every tenant: what memory is filled with at start.
    public func clients() throws -> [StoredClient] {
        try query("SELECT \(StoredClient.columns) FROM oauth_client ORDER BY tenant, name").map(StoredClient.init(row:))
    }

    /// The client, nil when this tenant has none of this id.
    public func client(_ id: ClientID, in tenant: TenantID) throws -> StoredClient? {
        try queryOne(
            "SELECT \(StoredClient.columns) FROM oauth_client WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]
        ).map(StoredClient.init(row:))
    }

    /// The client of this `client_id`, nil when the tenant has none.
    public func client(named name: String, in tenant: TenantID) throws -> StoredClient? {
        try queryOne(
            "SELECT \(StoredClient.columns) FROM oauth_client WHERE tenant = ?1 AND name = ?2",
            [.id(tenant), .text(name)]
        ).map(StoredClient.init(row:))
    }

    /// Adds a client; false when its `client_id` is taken.
    public func insert(_ client: StoredClient) throws -> Bool {
        try execute(
            """
            INSERT INTO oauth_client (\(StoredClient.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (tenant, name) DO NOTHING
            """,
            [
                .id(client.id), .id(client.tenant), .text(client.name), .text(client.record), .bool(client.isDisabled),
                .optional(client.registration?.bytes), .text(client.managedBy.rawValue), .integer(client.version),
                .time(client.createdAt),
            ]) == 1
    }

    /// Writes back what may change of a client where it is still of the version that was read; false otherwise.
    public func update(_ client: StoredClient) throws -> Bool {
        try execute(
            """
            UPDATE oauth_client SET record = ?4, is_disabled = ?5, registration_hash = ?6, version = version + 1
            WHERE id = ?1 AND tenant = ?2 AND version = ?3
            """,
            [
                .id(client.id), .id(client.tenant), .integer(client.version), .text(client.record),
                .bool(client.isDisabled), .optional(client.registration?.bytes),
            ]) == 1
    }

    /// Deletes a client with its secrets, grants, codes, tokens and consents; false when there is none.
    public func deleteClient(_ id: ClientID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM oauth_client WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    // MARK: Secrets

    /// Every secret of every client, with whose it is; expired ones included.
    public func clientSecrets() throws -> [(client: ClientID, secret: StoredClientSecret)] {
        try query("SELECT client, hash, created_at, expires_at FROM oauth_client_secret ORDER BY created_at").map {
            (try $0.id(0), try StoredClientSecret(row: $0))
        }
    }

    /// Replaces a client's secrets.
    public func setSecrets(_ secrets: [StoredClientSecret], of client: ClientID) throws {
        try execute("DELETE FROM oauth_client_secret WHERE client = ?1", [.id(client)])
        for secret in secrets {
            try execute(
                "INSERT INTO oauth_client_secret (client, hash, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                [.id(client), .blob(secret.hash.bytes), .time(secret.createdAt), .time(secret.expiresAt)])
        }
    }
}

extension StoredClientSecret {
    fileprivate init(row: SQLRow) throws {
        guard let hash = TokenHash(bytes: try row.blob(1)) else {
            throw Fault("storage.corrupt", .ourselves, "The hash of a client's secret is not of 32 bytes.")
        }
        self.init(hash: hash, createdAt: try row.time(2), expiresAt: try row.optionalTime(3))
    }
}
