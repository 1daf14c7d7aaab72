import Vocabulary

/// A group as a provider named it: its immutable key, and a name for people to read.
public struct UpstreamGroup: Sendable, Hashable, Codable {
    public let key: String
    public let name: String

    public init(key: String, name: String) {
        self.key = key
        self.name = name
    }
}

/// What a provider proved about the person in front of it, in our words. Only an adaptor that has verified the
/// upstream fact (a bind, a signature) makes one.
public struct ExternalIdentity: Sendable, Hashable {
    public let provider: ProviderID
    /// The immutable key: objectGUID, entryUUID or nsUniqueId as text.
    public let subjectKey: String
    public let login: String
    public let displayName: String?
    public let givenName: String?
    public let familyName: String?
    public let mail: String?
    /// Declared attributes only.
    public let attributes: [String: AttributeValue]
    /// Every group, those reached through nesting included.
    public let groups: [UpstreamGroup]
    /// What the provider says something about: the rest of a person stays as it is.
    public let described: DescribedAttributes

    public init(
        provider: ProviderID, subjectKey: String, login: String, displayName: String? = nil, givenName: String? = nil,
        familyName: String? = nil, mail: String? = nil, attributes: [String: AttributeValue] = [:],
        groups: [UpstreamGroup] = [], described: DescribedAttributes = .usual
    ) {
        self.provider = provider
        self.subjectKey = subjectKey
        self.login = login
        self.displayName = displayName
        self.givenName = givenName
        self.familyName = familyName
        self.mail = mail
        self.attributes = attributes
        self.groups = groups
        self.described = described
    }

    public var subject: UpstreamSubject { UpstreamSubject(provider: provider, key: subjectKey) }
}
