import Vocabulary

/// A human being known to one tenant: the account that every upstream identity, role and session points at.
///
/// The id is a surrogate that survives every rename; login and mail are attributes, never keys. All text here is
/// personal data and belongs in rows and encrypted sections, never in the facts of an event.
public struct Person: Sendable, Hashable, Codable {
    public let id: PersonID
    public let tenant: TenantID
    /// What the person types. Unique in the tenant by `NameKey`.
    public var login: String
    public var displayName: String?
    public var givenName: String?
    public var familyName: String?
    /// Compared by `NameKey`; two people may share an address only as a reported conflict.
    public var mail: String?
    /// A BCP 47 language tag.
    public var locale: String?
    public var status: PersonStatus
    public var organizationUnit: OrganizationUnitID?
    public var department: String?
    public var manager: PersonID?
    /// Declared attributes only: what configuration names, never a whole directory entry.
    public var attributes: [String: AttributeValue]
    /// Who owns the object as a whole.
    public var managedBy: ManagedBy
    /// Who owns single attributes, where that differs from the object's owner. Keys are `PersonAttribute` names or
    /// `attributes.<name>`.
    public var ownership: [String: ManagedBy]
    /// Grows by one with every change: the ETag, and what a sync plan was made on.
    public var version: Int64
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: PersonID, tenant: TenantID, login: String, displayName: String? = nil, givenName: String? = nil,
        familyName: String? = nil, mail: String? = nil, locale: String? = nil, status: PersonStatus = .active,
        organizationUnit: OrganizationUnitID? = nil, department: String? = nil, manager: PersonID? = nil,
        attributes: [String: AttributeValue] = [:], managedBy: ManagedBy = .api,
        ownership: [String: ManagedBy] = [:], version: Int64 = 1, createdAt: Timestamp, updatedAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.login = login
        self.displayName = displayName
        self.givenName = givenName
        self.familyName = familyName
        self.mail = mail
        self.locale = locale
        self.status = status
        self.organizationUnit = organizationUnit
        self.department = department
        self.manager = manager
        self.attributes = attributes
        self.managedBy = managedBy
        self.ownership = ownership
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
    }

    /// Only an active person may log in, hold a live session or be decided for.
    public var isActive: Bool { status == .active }
}

/// The built-in attributes of a person, by the names the API, ownership and sync plans use.
public enum PersonAttribute: String, Sendable, Codable, CaseIterable, Hashable {
    case login, mail, locale, department, manager, status
    case displayName = "display_name"
    case givenName = "given_name"
    case familyName = "family_name"
    case organizationUnit = "organization_unit"
}
