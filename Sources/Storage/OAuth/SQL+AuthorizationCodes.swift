import Identity
import Vocabulary

/// What came of presenting a code or a refresh token that works once.
public enum SingleUse: Sendable, Hashable {
    /// This presentation used it up.
    case taken(AuthorizationGrantID, record: String)
    /// It was used before: whoever has it twice has what is not theirs.
    case replayed(AuthorizationGrantID)
    /// There is none, or it has expired.
    case unknown
}

extension SQLConnection {
    // MARK: What a browser or a client asked for

    /// Keeps a validated authorization request, pushed (RFC 9126) or under way in a browser, until it is used or expires.
    public func insertAuthorizationRequest(
        _ hash: TokenHash, of client: ClientID, in tenant: TenantID, browser: TokenHash?, sealed: [UInt8],
        at now: Timestamp, until expiry: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO oauth_request (hash, tenant, client, browser, sealed, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .blob(hash.bytes), .id(tenant), .id(client), .optional(browser?.bytes), .blob(sealed), .time(now),
                .time(expiry),
            ])
    }

    /// A request that is neither used nor expired, for its own browser, or one that is nobody's yet.
    public func authorizationRequest(
        _ hash: TokenHash, in tenant: TenantID, browser: TokenHash?, at now: Timestamp
    ) throws -> (client: ClientID, sealed: [UInt8], createdAt: Timestamp)? {
        try queryOne(
            """
            SELECT client, sealed, created_at FROM oauth_request
            WHERE hash = ?1 AND tenant = ?2 AND browser IS ?3 AND used_at IS NULL AND expires_at > ?4
            """, [.blob(hash.bytes), .id(tenant), .optional(browser?.bytes), .time(now)]
        ).map { (try $0.id(0), try $0.blob(1), try $0.time(2)) }
    }

    /// Uses the request up; false when that was done before, or it has expired.
    public func useAuthorizationRequest(_ hash: TokenHash, in tenant: TenantID, at now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE oauth_request SET used_at = ?3, sealed = x''
            WHERE hash = ?1 AND tenant = ?2 AND used_at IS NULL AND expires_at > ?3
            """, [.blob(hash.bytes), .id(tenant), .time(now)]) == 1
    }

    // MARK: Codes

    /// Adds a code that redeems a grant once.
    public func insertCode(
        _ hash: TokenHash, of grant: AuthorizationGrantID, record: String, until expiry: Timestamp
    ) throws {
        try execute(
            "INSERT INTO oauth_code (hash, grant_id, record, expires_at) VALUES (?1, ?2, ?3, ?4)",
            [.blob(hash.bytes), .id(grant), .text(record), .time(expiry)])
    }

    /// Uses the code up where it is unused, and says what it was for. One conditional statement decides, so of any number
    /// of presentations one is the first.
    public func takeCode(_ hash: TokenHash, in tenant: TenantID, at now: Timestamp) throws -> SingleUse {
        try take("oauth_code", "c.record", hash, tenant, now)
    }

    // MARK: Refresh tokens

    /// Adds a refresh token of a grant.
    public func insertRefreshToken(
        _ hash: TokenHash, of grant: AuthorizationGrantID, at now: Timestamp, until expiry: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO oauth_refresh_token (hash, grant_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)
            """, [.blob(hash.bytes), .id(grant), .time(now), .time(expiry)])
    }

    /// Uses a refresh token up as `takeCode` does a code.
    public func takeRefreshToken(_ hash: TokenHash, in tenant: TenantID, at now: Timestamp) throws -> SingleUse {
        try take("oauth_refresh_token", "''", hash, tenant, now)
    }

    /// The grant that a refresh token hangs on, used or not: what revocation asks (RFC 7009 §2.1).
    public func grant(
        ofRefreshToken hash: TokenHash, in tenant: TenantID
    ) throws -> (AuthorizationGrantID, client: ClientID)? {
        try queryOne(
            """
            SELECT g.id, g.client FROM oauth_refresh_token c JOIN oauth_grant g ON g.id = c.grant_id
            WHERE c.hash = ?1 AND g.tenant = ?2
            """, [.blob(hash.bytes), .id(tenant)]
        ).map { (try $0.id(0), try $0.id(1)) }
    }

    private func take(
        _ table: String, _ record: String, _ hash: TokenHash, _ tenant: TenantID, _ now: Timestamp
    ) throws -> SingleUse {
        let row = try queryOne(
            """
            SELECT g.id, \(record), c.expires_at FROM \(table) c JOIN oauth_grant g ON g.id = c.grant_id
            WHERE c.hash = ?1 AND g.tenant = ?2
            """, [.blob(hash.bytes), .id(tenant)])
        guard let row else { return .unknown }
        let grant: AuthorizationGrantID = try row.id(0)
        let isFirst =
            try execute(
                "UPDATE \(table) SET used_at = ?2 WHERE hash = ?1 AND used_at IS NULL",
                [.blob(hash.bytes), .time(now)]) == 1
        guard isFirst else { return .replayed(grant) }
        return try row.time(2) > now ? .taken(grant, record: try row.text(1)) : .unknown
    }
}
