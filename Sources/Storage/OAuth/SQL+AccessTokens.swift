import Identity
import Vocabulary

/// An access token that says nothing by itself, as stored.
public struct StoredAccessToken: Sendable, Hashable {
    public let hash: TokenHash
    public let tenant: TenantID
    public let client: ClientID
    /// What it came of; nil for a token in the client's own name.
    public let grant: AuthorizationGrantID?
    /// JSON: what introspection tells.
    public let record: String
    public let expiresAt: Timestamp

    public init(
        hash: TokenHash, tenant: TenantID, client: ClientID, grant: AuthorizationGrantID?, record: String,
        expiresAt: Timestamp
    ) {
        self.hash = hash
        self.tenant = tenant
        self.client = client
        self.grant = grant
        self.record = record
        self.expiresAt = expiresAt
    }
}

extension SQLConnection {
    /// Adds an access token.
    public func insert(_ token: StoredAccessToken) throws {
        try execute(
            """
            INSERT INTO oauth_access_token (hash, tenant, client, grant_id, record, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            [
                .blob(token.hash.bytes), .id(token.tenant), .id(token.client), .id(token.grant), .text(token.record),
                .time(token.expiresAt),
            ])
    }

    /// Access tokens that are neither revoked nor expired, nor of a grant that ended: what memory is filled with.
    public func liveAccessTokens(at now: Timestamp) throws -> [StoredAccessToken] {
        try query(
            """
            SELECT t.hash, t.tenant, t.client, t.grant_id, t.record, t.expires_at FROM oauth_access_token t
            LEFT JOIN oauth_grant g ON g.id = t.grant_id
            WHERE t.revoked_at IS NULL AND t.expires_at > ?1 AND g.ended_at IS NULL
            """, [.time(now)]
        ).map { row in
            guard let hash = TokenHash(bytes: try row.blob(0)) else {
                throw Fault("storage.corrupt", .ourselves, "The hash of an access token is not of 32 bytes.")
            }
            return StoredAccessToken(
                hash: hash, tenant: try row.id(1), client: try row.id(2), grant: try row.optionalID(3),
                record: try row.text(4), expiresAt: try row.time(5))
        }
    }

    /// Makes one access token worthless; false when it was already, or is not there.
    public func revokeAccessToken(_ hash: TokenHash, in tenant: TenantID, at now: Timestamp) throws -> Bool {
        try execute(
            "UPDATE oauth_access_token SET revoked_at = ?3 WHERE hash = ?1 AND tenant = ?2 AND revoked_at IS NULL",
            [.blob(hash.bytes), .id(tenant), .time(now)]) == 1
    }

    // MARK: What may be presented once

    /// Notes that something was presented that works once: the `jti` of an assertion or proof, a revoked `jti`. False
    /// when it was noted before, and has not expired since.
    public func noteOnce(
        _ kind: OnceKind, _ digest: [UInt8], in tenant: TenantID, at now: Timestamp, until expiry: Timestamp
    ) throws -> Bool {
        try execute(
            """
            INSERT INTO oauth_once (tenant, kind, digest, expires_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (tenant, kind, digest) DO UPDATE SET expires_at = excluded.expires_at
                WHERE oauth_once.expires_at <= ?5
            """, [.id(tenant), .text(kind.rawValue), .blob(digest), .time(expiry), .time(now)]) == 1
    }

    /// Digests of one kind that have not expired, of every tenant.
    public func noted(_ kind: OnceKind, at now: Timestamp) throws -> [(TenantID, digest: [UInt8], until: Timestamp)] {
        try query(
            "SELECT tenant, digest, expires_at FROM oauth_once WHERE kind = ?1 AND expires_at > ?2",
            [.text(kind.rawValue), .time(now)]
        ).map { (try $0.id(0), try $0.blob(1), try $0.time(2)) }
    }
}

/// What works once, or no more.
public enum OnceKind: String, Sendable, CaseIterable, Hashable {
    /// A client's assertion (RFC 7523 §3).
    case clientAssertion = "client_assertion"
    /// A DPoP proof (RFC 9449 §11.1).
    case dpopProof = "dpop_proof"
    /// A request object with a `jti` (RFC 9101 §10.8).
    case requestObject = "request_object"
    /// A signed access token that was revoked.
    case revokedToken = "revoked_token"
    /// A logout token that a provider sent (OpenID Connect Back-Channel Logout §2.6).
    case logoutToken = "logout_token"
    /// An assertion that an identity provider sent (SAML Profiles §4.1.4.5).
    case samlAssertion = "saml_assertion"
    /// A request to end sessions that a SAML peer sent (SAML Core §3.7.1).
    case samlLogoutRequest = "saml_logout_request"
    /// A request to sign somebody in that an enhanced client brought (SAML Core §3.4.1).
    case samlAuthnRequest = "saml_authn_request"
}
