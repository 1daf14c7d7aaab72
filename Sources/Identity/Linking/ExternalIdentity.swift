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
    /// What a directory says holds of everybody who is linked to it. Another provider speaks only of people who came to
    /// be here through it: somebody who has linked an account of theirs is not renamed by it.
    public let describesOwnPeopleOnly: Bool
    /// The provider owns the domain of the mail address, by its configuration, and says that the address is the
    /// person's: the one case in which an address finds somebody.
    public let isMailVouchedFor: Bool

    public init(
        provider: ProviderID, subjectKey: String, login: String, displayName: String? = nil, givenName: String? = nil,
        familyName: String? = nil, mail: String? = nil, attributes: [String: AttributeValue] = [:],
        groups: [UpstreamGroup] = [], described: DescribedAttributes = .usual, describesOwnPeopleOnly: Bool = false,
        isMailVouchedFor: Bool = false
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
        self.describesOwnPeopleOnly = describesOwnPeopleOnly
        self.isMailVouchedFor = isMailVouchedFor
    }

    public var subject: UpstreamSubject { UpstreamSubject(provider: provider, key: subjectKey) }
}
