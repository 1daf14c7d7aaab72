import Vocabulary

/// A named set of people and of other groups. An upstream group is known by (provider, immutable key), never by name.
public struct Group: Sendable, Hashable, Codable {
    public let id: GroupID
    public let tenant: TenantID
    public var name: String
    /// Where the group comes from and its immutable key there; nil for a group made here.
    public let upstream: UpstreamSubject?
    /// The name upstream calls it by (a DN for a directory); shown, never compared.
    public var upstreamName: String?
    public var description: String?
    public var managedBy: ManagedBy
    public var version: Int64
    public let createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: GroupID, tenant: TenantID, name: String, upstream: UpstreamSubject? = nil, upstreamName: String? = nil,
        description: String? = nil, managedBy: ManagedBy = .api, version: Int64 = 1, createdAt: Timestamp,
        updatedAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.upstream = upstream
        self.upstreamName = upstreamName
        self.description = description
        self.managedBy = managedBy
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
    }
}

/// One group inside another: members of `child` are members of `parent`.
public struct GroupNesting: Sendable, Hashable, Codable {
    public let parent: GroupID
    public let child: GroupID

    public init(parent: GroupID, child: GroupID) {
        self.parent = parent
        self.child = child
    }
}
