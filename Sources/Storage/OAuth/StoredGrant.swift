import Identity
import Vocabulary

/// What a client was granted (RFC 6749 §1.3): all codes and tokens that came of one yes hang on it, and end with it.
public struct StoredGrant: Sendable, Hashable {
    public let id: AuthorizationGrantID
    public let tenant: TenantID
    public let client: ClientID
    /// Who said yes; nil for what a client was granted in its own name.
    public let person: PersonID?
    /// The session at the gateway that it ends with; nil when it outlives sessions (`offline_access`).
    public let session: SessionID?
    /// JSON: scopes, audiences, what is known of the authentication, what tokens are bound to.
    public let record: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public init(
        id: AuthorizationGrantID, tenant: TenantID, client: ClientID, person: PersonID?, session: SessionID?,
        record: String, createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.client = client
        self.person = person
        self.session = session
        self.record = record
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Why a grant ended.
public enum GrantEnd: String, Sendable, CaseIterable, Hashable {
    /// The client revoked a token of it (RFC 7009), or the person or an administrator took it back.
    case revoked
    /// A code or refresh token was presented a second time (RFC 6749 §10.5, RFC 9700 §4.14).
    case replayed
    case logout
    case sessionEnded = "session_ended"
    case personDisabled = "person_disabled"
    case clientDisabled = "client_disabled"
    case restore
    /// The person granted the client so much more often that the oldest had to go.
    case superseded
}

/// Whose grants are meant.
public enum GrantOwner: Sendable, Hashable {
    case grant(AuthorizationGrantID)
    case session(SessionID)
    case person(PersonID)
    case client(ClientID)
    /// What one person allowed one client.
    case consent(PersonID, ClientID)
}

extension StoredGrant {
    fileprivate static let columns = "id, tenant, client, person, session, record, created_at, expires_at"

    fileprivate init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), client: try row.id(2), person: try row.optionalID(3),
            session: try row.optionalID(4), record: try row.text(5), createdAt: try row.time(6),
            expiresAt: try row.time(7))
    }
}

extension SQLConnection {
    /// Adds a grant.
    public func insert(_ grant: StoredGrant) throws {
        try execute(
            "INSERT INTO oauth_grant (\(StoredGrant.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            [
                .id(grant.id), .id(grant.tenant), .id(grant.client), .id(grant.person), .id(grant.session),
                .text(grant.record), .time(grant.createdAt), .time(grant.expiresAt),
            ])
    }

    /// Grants that have neither ended nor expired, of everyone: what memory is filled with at start.
    public func liveGrants(at now: Timestamp) throws -> [StoredGrant] {
        try query(
            "SELECT \(StoredGrant.columns) FROM oauth_grant WHERE ended_at IS NULL AND expires_at > ?1", [.time(now)]
        ).map(StoredGrant.init(row:))
    }

    /// The grant while it holds; nil when it ended, expired or is of another tenant.
    public func liveGrant(_ id: AuthorizationGrantID, in tenant: TenantID, at now: Timestamp) throws -> StoredGrant? {
        try queryOne(
            """
            SELECT \(StoredGrant.columns) FROM oauth_grant
            WHERE id = ?1 AND tenant = ?2 AND ended_at IS NULL AND expires_at > ?3
            """, [.id(id), .id(tenant), .time(now)]
        ).map(StoredGrant.init(row:))
    }

    /// Grants of this owner that have neither ended nor expired, by when they began.
    public func liveGrants(of owner: GrantOwner, in tenant: TenantID, at now: Timestamp) throws -> [StoredGrant] {
        let (condition, values) = owner.condition
        return try query(
            """
            SELECT \(StoredGrant.columns) FROM oauth_grant
            WHERE tenant = ?1 AND ended_at IS NULL AND expires_at > ?2 AND \(condition) ORDER BY id
            """, [.id(tenant), .time(now)] + values
        ).map(StoredGrant.init(row:))
    }

    /// Writes what is granted anew, such as what its tokens are bound to.
    public func update(_ grant: StoredGrant) throws {
        try execute(
            "UPDATE oauth_grant SET record = ?3 WHERE id = ?1 AND tenant = ?2 AND ended_at IS NULL",
            [.id(grant.id), .id(grant.tenant), .text(grant.record)])
    }

    /// Ends the grant; false when it had ended or never was.
    public func end(
        _ grant: AuthorizationGrantID, in tenant: TenantID, _ reason: GrantEnd, at now: Timestamp
    ) throws -> Bool {
        try execute(
            "UPDATE oauth_grant SET ended_at = ?3, ended = ?4 WHERE id = ?1 AND tenant = ?2 AND ended_at IS NULL",
            [.id(grant), .id(tenant), .time(now), .text(reason.rawValue)]) == 1
    }
}

extension GrantOwner {
    /// Numbered from ?3.
    fileprivate var condition: (String, [SQLValue]) {
        switch self {
        case .grant(let id): ("id = ?3", [.id(id)])
        case .session(let id): ("session = ?3", [.id(id)])
        case .person(let id): ("person = ?3", [.id(id)])
        case .client(let id): ("client = ?3", [.id(id)])
        case .consent(let person, let client): ("person = ?3 AND client = ?4", [.id(person), .id(client)])
        }
    }
}
