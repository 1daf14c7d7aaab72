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

/// A refresh token as it is kept.
public struct StoredRefreshToken: Sendable, Hashable {
    public let grant: AuthorizationGrantID
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public let wasUsed: Bool
}

extension SQLConnection {
    // MARK: Codes

    /// Adds a code that redeems a grant once.
    public func insertCode(
        _ hash: TokenHash, of grant: AuthorizationGrantID, record: String, until expiry: Timestamp
    ) throws {
        try execute(
            "INSERT INTO oauth_code (hash, grant_id, record, expires_at) VALUES (?1, ?2, ?3, ?4)",
            [.blob(hash.bytes), .id(grant), .text(record), .time(expiry)])
    }

    /// What a code is for, used or not; nil when this tenant has none of this hash.
    public func code(
        _ hash: TokenHash, in tenant: TenantID
    ) throws -> (grant: AuthorizationGrantID, record: String, wasUsed: Bool)? {
        try queryOne(
            """
            SELECT g.id, c.record, c.used_at FROM oauth_code c JOIN oauth_grant g ON g.id = c.grant_id
            WHERE c.hash = ?1 AND g.tenant = ?2
            """, [.blob(hash.bytes), .id(tenant)]
        ).map { (try $0.id(0), try $0.text(1), !(try $0.isNull(2))) }
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

    /// A refresh token as it is kept, used or not; nil when this tenant has none of this hash.
    public func refreshToken(_ hash: TokenHash, in tenant: TenantID) throws -> StoredRefreshToken? {
        try queryOne(
            """
            SELECT g.id, c.created_at, c.expires_at, c.used_at FROM oauth_refresh_token c
            JOIN oauth_grant g ON g.id = c.grant_id WHERE c.hash = ?1 AND g.tenant = ?2
            """, [.blob(hash.bytes), .id(tenant)]
        ).map {
            StoredRefreshToken(
                grant: try $0.id(0), createdAt: try $0.time(1), expiresAt: try $0.time(2), wasUsed: !(try $0.isNull(3)))
        }
    }

    /// Lets a refresh token that is not exchanged for another live longer; never shorter.
    public func extendRefreshToken(_ hash: TokenHash, until expiry: Timestamp) throws {
        try execute(
            "UPDATE oauth_refresh_token SET expires_at = ?2 WHERE hash = ?1 AND used_at IS NULL AND expires_at < ?2",
            [.blob(hash.bytes), .time(expiry)])
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
