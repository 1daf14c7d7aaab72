import Vocabulary

/// What an upstream thing (a person's entry, a group) is called for ever: its provider and the provider's immutable
/// key.
///
/// The key is the text of objectGUID, entryUUID, nsUniqueId or `sub`; never a DN, a login or a mail address, because
/// those change hands. It is compared byte by byte.
public struct UpstreamSubject: Sendable, Hashable, Codable {
    public let provider: ProviderID
    public let key: String

    public init(provider: ProviderID, key: String) {
        self.provider = provider
        self.key = key
    }

    /// The longest key accepted, in bytes.
    public static let keyLimit = 512

    /// A key that is empty, too long or holds control characters names nobody.
    public static func isValid(key: String) -> Bool {
        let bytes = key.utf8
        return !bytes.isEmpty && bytes.count <= keyLimit && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

/// The link between a person and one upstream subject. One person, many identities; one upstream subject, one person.
public struct LinkedIdentity: Sendable, Hashable, Codable {
    public let id: IdentityID
    public let tenant: TenantID
    public let person: PersonID
    public let subject: UpstreamSubject
    /// The login upstream, as last seen; shown, never compared.
    public var login: String
    public let linkedAt: Timestamp
    public var lastSeenAt: Timestamp?

    public init(
        id: IdentityID, tenant: TenantID, person: PersonID, subject: UpstreamSubject, login: String,
        linkedAt: Timestamp, lastSeenAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.person = person
        self.subject = subject
        self.login = login
        self.linkedAt = linkedAt
        self.lastSeenAt = lastSeenAt
    }
}
