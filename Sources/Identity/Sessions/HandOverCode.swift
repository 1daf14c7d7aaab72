import Vocabulary

/// The single-use code that carries a login from the gateway's host to an application's host. What is stored of it.
///
/// Redeeming is one conditional statement (`used_at IS NULL`) judged by affected rows; `redeem` says whether the rest
/// fits.
public struct HandOverCode: Sendable, Hashable, Codable {
    public let hash: TokenHash
    public let tenant: TenantID
    public let session: SessionID
    public let application: ApplicationID
    /// Where the browser goes after redemption; already validated against the application's own origins.
    public let returnTarget: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public var usedAt: Timestamp?

    /// Seconds rather than minutes: the browser follows a redirect, nobody types this.
    public static let lifetime: Duration = .seconds(60)

    public init(
        hash: TokenHash, tenant: TenantID, session: SessionID, application: ApplicationID, returnTarget: String,
        createdAt: Timestamp, expiresAt: Timestamp? = nil, usedAt: Timestamp? = nil
    ) {
        self.hash = hash
        self.tenant = tenant
        self.session = session
        self.application = application
        self.returnTarget = returnTarget
        self.createdAt = createdAt
        self.expiresAt = min(expiresAt ?? createdAt + Self.lifetime, createdAt + Self.lifetime)
        self.usedAt = usedAt
    }
}
