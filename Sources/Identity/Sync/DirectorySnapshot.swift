import Vocabulary

/// One person as a directory has them now. Declared attributes only.
public struct PersonRecord: Sendable, Hashable, Codable {
    /// The immutable upstream key.
    public let key: String
    public let login: String
    public let displayName: String?
    public let givenName: String?
    public let familyName: String?
    public let mail: String?
    public let department: String?
    /// The name or id of an organization unit, as the directory writes it.
    public let organizationUnit: String?
    /// The upstream key of the person's manager, where the answer has that entry.
    public var manager: String?
    /// The directory says that this account may not be used.
    public let isDisabled: Bool
    public let attributes: [String: AttributeValue]

    public init(
        key: String, login: String, displayName: String? = nil, givenName: String? = nil, familyName: String? = nil,
        mail: String? = nil, department: String? = nil, organizationUnit: String? = nil, manager: String? = nil,
        isDisabled: Bool = false, attributes: [String: AttributeValue] = [:]
    ) {
        self.key = key
        self.login = login
        self.displayName = displayName
        self.givenName = givenName
        self.familyName = familyName
        self.mail = mail
        self.department = department
        self.organizationUnit = organizationUnit
        self.manager = manager
        self.isDisabled = isDisabled
        self.attributes = attributes
    }
}

/// One group as a directory has it now.
public struct GroupRecord: Sendable, Hashable, Codable {
    public let key: String
    public let name: String
    /// The DN, for people to read.
    public let upstreamName: String?

    public init(key: String, name: String, upstreamName: String? = nil) {
        self.key = key
        self.name = name
        self.upstreamName = upstreamName
    }
}

/// Everything a directory answered, complete: an adaptor that lost a page throws instead of making one.
///
/// Members are positions in `people` and `groups`, resolved by the adaptor (which alone knows how its names compare).
public struct DirectorySnapshot: Sendable {
    public let provider: ProviderID
    /// What of people the provider describes: nothing else of theirs is compared.
    public let described: DescribedAttributes
    public let people: [PersonRecord]
    public let groups: [GroupRecord]
    /// (group, person).
    public let memberships: [IndexPair]
    /// (parent, child).
    public let nestings: [IndexPair]
    /// Members that name no entry of the answer: (group, how many).
    public let dangling: [(group: Int32, count: Int)]

    public init(
        provider: ProviderID, described: DescribedAttributes = .usual, people: [PersonRecord],
        groups: [GroupRecord], memberships: [IndexPair], nestings: [IndexPair] = [],
        dangling: [(group: Int32, count: Int)] = []
    ) {
        self.provider = provider
        self.described = described
        self.people = people
        self.groups = groups
        self.memberships = memberships
        self.nestings = nestings
        self.dangling = dangling
    }
}
