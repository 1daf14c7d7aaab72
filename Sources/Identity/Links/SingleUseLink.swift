import Vocabulary

/// What a single-use link is for. A link made for one purpose never serves another.
public enum LinkPurpose: String, Sendable, Codable, CaseIterable, Hashable {
    /// The first administrator of a fresh installation.
    case setup
    /// A new person, or the first second factor of a known one.
    case invitation
    /// A forgotten local password.
    case passwordReset
}

/// A single-use link as it is stored: printed by the command line or mailed, opened once.
public struct SingleUseLink: Sendable, Hashable, Codable {
    public let id: LinkID
    public let tenant: TenantID
    public let purpose: LinkPurpose
    /// SHA-256 of the token in the link.
    public let tokenHash: TokenHash
    /// Whom it is for; nil only for a set-up link, which makes its person.
    public let person: PersonID?
    public let createdBy: Actor
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public var usedAt: Timestamp?
    public var revokedAt: Timestamp?

    public init(
        id: LinkID, tenant: TenantID, purpose: LinkPurpose, tokenHash: TokenHash, person: PersonID?,
        createdBy: Actor, createdAt: Timestamp, expiresAt: Timestamp, usedAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.purpose = purpose
        self.tokenHash = tokenHash
        self.person = person
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.revokedAt = revokedAt
    }
}
