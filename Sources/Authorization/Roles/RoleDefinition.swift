import Vocabulary

/// A role as authorization sees it: permissions of its own, and roles whose permissions it inherits.
public struct RoleDefinition: Sendable, Hashable {
    public let id: RoleID
    /// Policies may name a role by this or by its id.
    public let name: String
    /// Roles whose permissions this one has as well.
    public let parents: [RoleID]
    public let permissions: [Permission]

    public init(id: RoleID, name: String, parents: [RoleID] = [], permissions: [Permission] = []) {
        self.id = id
        self.name = name
        self.parents = parents
        self.permissions = permissions
    }
}

/// An action on a type of resource, `*` for all, narrowed to ids by an optional pattern with `*` wildcards.
public struct Permission: Sendable, Hashable, CustomStringConvertible {
    public let action: String
    public let resourceType: String
    public let resourcePattern: String?

    public init(_ action: String, on resourceType: String, matching resourcePattern: String? = nil) {
        self.action = action
        self.resourceType = resourceType
        self.resourcePattern = resourcePattern
    }

    /// Whether this permits the action on that resource. Names compare by bytes; cost is bounded by pattern times id.
    public func covers(action: String, resourceType: String, resourceID: String) -> Bool {
        (self.action == "*" || sameText(self.action, action))
            && (self.resourceType == "*" || sameText(self.resourceType, resourceType))
            && (resourcePattern.map { Wildcard.matches($0, resourceID) } ?? true)
    }

    public var description: String { "\(action) \(resourceType)" + (resourcePattern.map { ":\($0)" } ?? "") }
}
