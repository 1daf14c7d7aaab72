import Identity
import Vocabulary

/// A message of SAML that waits to be fetched, once.
public struct StoredSAMLMessage: Sendable, Hashable {
    /// What it is kept for.
    public enum Kind: String, Sendable, Hashable {
        /// A response of ours, until the application that it is for resolves its artifact.
        case artifact
        /// An answer that nobody asked for, until the browser that posted it comes with its cookies.
        case unsolicited
    }

    /// Of what it is fetched by.
    public let hash: TokenHash
    public let tenant: TenantID
    public let kind: Kind
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public init(hash: TokenHash, tenant: TenantID, kind: Kind, createdAt: Timestamp, expiresAt: Timestamp) {
        (self.hash, self.tenant, self.kind) = (hash, tenant, kind)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
    }
}

extension SQLConnection {
    /// Keeps a message for whoever it is for: an application, or the provider that it says it is of.
    public func keep<Owner>(_ message: StoredSAMLMessage, for owner: Identifier<Owner>, sealed: [UInt8]) throws {
        try execute(
            """
            INSERT INTO saml_kept (hash, tenant, kind, owner, sealed, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .blob(message.hash.bytes), .id(message.tenant), .text(message.kind.rawValue), .id(owner), .blob(sealed),
                .time(message.createdAt), .time(message.expiresAt),
            ])
    }

    /// For whom an unused message is; nil where there is none.
    public func owner<Owner>(
        ofSAMLMessage hash: TokenHash, _ kind: StoredSAMLMessage.Kind, in tenant: TenantID, at now: Timestamp
    ) throws -> Identifier<Owner>? {
        try queryOne(
            """
            SELECT owner FROM saml_kept
            WHERE hash = ?1 AND tenant = ?2 AND kind = ?3 AND used_at IS NULL AND expires_at > ?4
            """, [.blob(hash.bytes), .id(tenant), .text(kind.rawValue), .time(now)])?.id(0)
    }

    /// Uses a message up, and gives what was sealed. One conditional statement decides, so of any number who fetch it one is
    /// the first; nil for every other, for those of others, and for what expired.
    public func takeSAMLMessage<Owner>(
        _ hash: TokenHash, _ kind: StoredSAMLMessage.Kind, of owner: Identifier<Owner>, in tenant: TenantID,
        at now: Timestamp
    ) throws -> [UInt8]? {
        guard let row = try queryOne("SELECT sealed FROM saml_kept WHERE hash = ?1", [.blob(hash.bytes)]) else {
            return nil
        }
        let isFirst =
            try execute(
                """
                UPDATE saml_kept SET used_at = ?5, sealed = x''
                WHERE hash = ?1 AND tenant = ?2 AND kind = ?3 AND owner = ?4 AND used_at IS NULL AND expires_at > ?5
                """, [.blob(hash.bytes), .id(tenant), .text(kind.rawValue), .id(owner), .time(now)]) == 1
        return isFirst ? try row.blob(0) : nil
    }
}
