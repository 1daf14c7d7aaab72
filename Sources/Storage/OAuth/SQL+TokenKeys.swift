import Vocabulary

/// A key that signs tokens, as stored.
public struct StoredTokenKey: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable, Hashable {
        /// Published, and signs nothing yet: whoever keeps key sets has time to see it.
        case next
        /// Signs.
        case active
        /// Signs no more; what it signed still verifies.
        case retiring
    }

    /// Its text is the `kid`.
    public let id: KeyID
    public let tenant: TenantID
    /// The `alg` it signs with, and no other (RFC 8725 §3.1).
    public let algorithm: String
    public let state: State
    /// The private JWK under the tenant's key; nil once it signs no more.
    public let sealed: [UInt8]?
    /// The public JWK.
    public let publicKey: String
    public let createdAt: Timestamp
    /// Since when it is in this state.
    public let changedAt: Timestamp

    public init(
        id: KeyID, tenant: TenantID, algorithm: String, state: State, sealed: [UInt8]?, publicKey: String,
        createdAt: Timestamp, changedAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.algorithm = algorithm
        self.state = state
        self.sealed = sealed
        self.publicKey = publicKey
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

extension SQLConnection {
    /// Every key of every tenant, by when it was made.
    public func tokenKeys() throws -> [StoredTokenKey] {
        try query(
            """
            SELECT id, tenant, algorithm, state, sealed, public_key, created_at, changed_at FROM oauth_token_key
            ORDER BY tenant, created_at, id
            """
        ).map { row in
            StoredTokenKey(
                id: try row.id(0), tenant: try row.id(1), algorithm: try row.text(2),
                state: try word(StoredTokenKey.State.self, try row.text(3)), sealed: try row.optionalBlob(4),
                publicKey: try row.text(5), createdAt: try row.time(6), changedAt: try row.time(7))
        }
    }

    /// Adds a key.
    public func insert(_ key: StoredTokenKey) throws {
        try execute(
            """
            INSERT INTO oauth_token_key (id, tenant, algorithm, state, sealed, public_key, created_at, changed_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """,
            [
                .id(key.id), .id(key.tenant), .text(key.algorithm), .text(key.state.rawValue), .optional(key.sealed),
                .text(key.publicKey), .time(key.createdAt), .time(key.changedAt),
            ])
    }

    /// Moves a key from one state to the next; false when it is not in `old`. What retires loses its private half.
    public func move(
        tokenKey id: KeyID, in tenant: TenantID, from old: StoredTokenKey.State, to new: StoredTokenKey.State,
        at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE oauth_token_key SET state = ?4, changed_at = ?5,
                sealed = CASE WHEN ?4 = 'retiring' THEN NULL ELSE sealed END
            WHERE tenant = ?1 AND id = ?2 AND state = ?3
            """, [.id(tenant), .id(id), .text(old.rawValue), .text(new.rawValue), .time(now)]) == 1
    }

    /// Forgets a key whose last token has expired.
    public func deleteTokenKey(_ id: KeyID, in tenant: TenantID) throws -> Bool {
        try execute(
            "DELETE FROM oauth_token_key WHERE tenant = ?1 AND id = ?2 AND state = 'retiring'", [.id(tenant), .id(id)]
        ) == 1
    }
}
