import Vocabulary

/// A rule that turns what a provider says about a person into a role held here.
public struct RoleMapping: Sendable, Hashable, Codable {
    public let id: MappingID
    public let tenant: TenantID
    public let provider: ProviderID
    public let match: MappingMatch
    public let role: RoleID
    public var managedBy: ManagedBy
    public var version: Int64

    public init(
        id: MappingID, tenant: TenantID, provider: ProviderID, match: MappingMatch, role: RoleID,
        managedBy: ManagedBy = .api, version: Int64 = 1
    ) {
        self.id = id
        self.tenant = tenant
        self.provider = provider
        self.match = match
        self.role = role
        self.managedBy = managedBy
        self.version = version
    }
}

/// What a mapping looks at.
public enum MappingMatch: Sendable, Hashable, Codable {
    /// Membership, direct or through nesting, of the upstream group with this immutable key.
    case group(key: String)
    /// An upstream attribute, one of whose values equals one of these, byte by byte. One value is "equals", more "in".
    case attribute(name: String, values: [String])
}
