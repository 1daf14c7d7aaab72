import Vocabulary

/// The session of one application: audience-bound, with a token of its own, on the application's own host. It lives
/// no longer than its parent.
public struct ApplicationSession: Sendable, Hashable, Codable {
    public let id: ApplicationSessionID
    public let tenant: TenantID
    public let parent: SessionID
    /// The only application that may use it (`aud`).
    public let application: ApplicationID
    public let tokenHash: TokenHash
    public let createdAt: Timestamp
    public var lastSeenAt: Timestamp
    public let lifetime: SessionLifetime
    public var endedAt: Timestamp?
    public var ended: SessionEnd?

    public init(
        id: ApplicationSessionID, tenant: TenantID, parent: SessionID, application: ApplicationID,
        tokenHash: TokenHash, createdAt: Timestamp, lastSeenAt: Timestamp? = nil, lifetime: SessionLifetime,
        endedAt: Timestamp? = nil, ended: SessionEnd? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.parent = parent
        self.application = application
        self.tokenHash = tokenHash
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt ?? createdAt
        self.lifetime = lifetime
        self.endedAt = endedAt
        self.ended = ended
    }
}
