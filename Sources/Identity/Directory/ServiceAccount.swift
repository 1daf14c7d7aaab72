import Vocabulary

/// A program known to one tenant. It authenticates by API key and never sees a login page.
public struct ServiceAccount: Sendable, Hashable, Codable {
    public let id: ServiceAccountID
    public let tenant: TenantID
    public var name: String
    public var description: String?
    /// Whom to ask about it.
    public var owner: PersonID?
    public var isDisabled: Bool
    public var managedBy: ManagedBy
    public var version: Int64
    public let createdAt: Timestamp

    public init(
        id: ServiceAccountID, tenant: TenantID, name: String, description: String? = nil, owner: PersonID? = nil,
        isDisabled: Bool = false, managedBy: ManagedBy = .api, version: Int64 = 1, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.description = description
        self.owner = owner
        self.isDisabled = isDisabled
        self.managedBy = managedBy
        self.version = version
        self.createdAt = createdAt
    }
}

/// What is kept of an API key: everything but the key, of which only a SHA-256 is stored.
public struct APIKey: Sendable, Hashable, Codable {
    public let id: APIKeyID
    public let tenant: TenantID
    public let account: ServiceAccountID
    public var name: String
    /// SHA-256 of the 256-bit token: the row is found by it.
    public let tokenHash: TokenHash
    /// The permissions it is narrowed to; nil for all of its account's. An empty list allows nothing.
    public let scopes: [String]?
    public let createdAt: Timestamp
    /// Every key expires: at most `APIKey.longestLifetime` after it was made.
    public let expiresAt: Timestamp
    public var lastUsedAt: Timestamp?
    public var revokedAt: Timestamp?

    public init(
        id: APIKeyID, tenant: TenantID, account: ServiceAccountID, name: String, tokenHash: TokenHash,
        scopes: [String]?, createdAt: Timestamp, expiresAt: Timestamp, lastUsedAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.account = account
        self.name = name
        self.tokenHash = tokenHash
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = min(expiresAt, createdAt + Self.longestLifetime)
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }

    public static let longestLifetime: Duration = .days(366)

    /// Usable from the moment it is made until, and not at, the moment it expires.
    public func isUsable(at now: Timestamp) -> Bool {
        revokedAt == nil && createdAt <= now && now < expiresAt
    }
}
