import Vocabulary

/// A person the store has for a provider, as that provider last described them, with the row's version.
public struct KnownPerson: Sendable, Hashable {
    public let id: PersonID
    public let version: Int64
    public let status: PersonStatus
    public let record: PersonRecord
    public let organizationUnit: OrganizationUnitID?
    /// Whoever it is, of this provider or not; the record has the key of one of this provider.
    public let manager: PersonID?
    /// Attributes that somebody else owns: the sync leaves them alone.
    public let foreignAttributes: Set<String>

    public init(
        id: PersonID, version: Int64, status: PersonStatus, record: PersonRecord,
        organizationUnit: OrganizationUnitID? = nil, manager: PersonID? = nil, foreignAttributes: Set<String> = []
    ) {
        self.id = id
        self.version = version
        self.status = status
        self.record = record
        self.organizationUnit = organizationUnit
        self.manager = manager
        self.foreignAttributes = foreignAttributes
    }
}

/// A group the store has for a provider.
public struct KnownGroup: Sendable, Hashable {
    public let id: GroupID
    public let version: Int64
    public let record: GroupRecord

    public init(id: GroupID, version: Int64, record: GroupRecord) {
        self.id = id
        self.version = version
        self.record = record
    }
}

/// What the store has for one provider, read in one transaction.
public struct KnownDirectory: Sendable {
    public let provider: ProviderID
    /// Leavers included.
    public let people: [KnownPerson]
    public let groups: [KnownGroup]
    /// (group, person) by position in the arrays above.
    public let memberships: [IndexPair]
    /// (parent, child).
    public let nestings: [IndexPair]
    /// Logins (`NameKey`) of the tenant's people who are not this provider's.
    public let takenLogins: Set<String>
    /// Mail addresses (`NameKey`) of the same.
    public let takenMails: Set<String>
    /// The tenant's organization units, by what a directory may call them.
    public let units: UnitNames

    public init(
        provider: ProviderID, people: [KnownPerson] = [], groups: [KnownGroup] = [], memberships: [IndexPair] = [],
        nestings: [IndexPair] = [], takenLogins: Set<String> = [], takenMails: Set<String> = [],
        units: UnitNames = UnitNames([])
    ) {
        self.provider = provider
        self.people = people
        self.groups = groups
        self.memberships = memberships
        self.nestings = nestings
        self.takenLogins = takenLogins
        self.takenMails = takenMails
        self.units = units
    }
}
