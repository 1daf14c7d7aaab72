import Vocabulary

/// What a role lets its holders do: an action on a type of resource, narrowed by a pattern of resource ids.
/// `*` as action or type means any.
public struct RolePermission: Sendable, Hashable, Codable {
    public let action: String
    public let resourceType: String
    /// A resource id in which `*` stands for any run of characters; nil for every resource of the type.
    public let pattern: String?

    public init(action: String, resourceType: String, pattern: String? = nil) {
        self.action = action
        self.resourceType = resourceType
        self.pattern = pattern
    }
}

/// A named bundle of permissions. A holder of a role holds its parents too (inheritance, cycle-safe).
public struct Role: Sendable, Hashable, Codable {
    public let id: RoleID
    public let tenant: TenantID
    public var name: String
    public var description: String?
    /// The roles whose permissions this one includes.
    public var parents: [RoleID]
    public var permissions: [RolePermission]
    /// Ships with the gateway: its name and permissions cannot be changed, and it cannot be deleted.
    public let isPredefined: Bool
    /// Losing its last holder would lock everyone out: a sync that would do so is held.
    public var isProtected: Bool
    /// A session needs two factors before this role counts.
    public var requiresMFA: Bool
    public var managedBy: ManagedBy
    public var version: Int64

    public init(
        id: RoleID, tenant: TenantID, name: String, description: String? = nil, parents: [RoleID] = [],
        permissions: [RolePermission] = [], isPredefined: Bool = false, isProtected: Bool = false,
        requiresMFA: Bool = false, managedBy: ManagedBy = .api, version: Int64 = 1
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.description = description
        self.parents = parents
        self.permissions = permissions
        self.isPredefined = isPredefined
        self.isProtected = isProtected
        self.requiresMFA = requiresMFA
        self.managedBy = managedBy
        self.version = version
    }
}

extension Sequence<Role> {
    /// What each role is called, by its id.
    public var namesByID: [RoleID: String] {
        Dictionary(map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A role given directly to one person or service account, beside whatever the mappings give.
public struct RoleAssignment: Sendable, Hashable, Codable {
    public let id: AssignmentID
    public let tenant: TenantID
    public let subject: Subject
    public let role: RoleID
    public let grantedBy: Actor
    public let grantedAt: Timestamp
    /// Counts until, and not at, this moment; nil for as long as it is not revoked.
    public let expiresAt: Timestamp?

    public init(
        id: AssignmentID, tenant: TenantID, subject: Subject, role: RoleID, grantedBy: Actor, grantedAt: Timestamp,
        expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.grantedBy = grantedBy
        self.grantedAt = grantedAt
        self.expiresAt = expiresAt
    }

    /// Whether it counts at this moment; at its expiry it no longer does.
    public func isEffective(at now: Timestamp) -> Bool { expiresAt.map { now < $0 } ?? true }
}
