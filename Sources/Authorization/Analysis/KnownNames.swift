/// The names that policies may use, as far as they are known where policies are read. What is not known is not missed.
public struct KnownNames: Sendable {
    public var roles: Set<String>?
    /// Ids and immutable keys.
    public var groups: Set<String>?
    /// By resource type, for those types whose actions are all known.
    public var actions: [String: Set<String>]

    public init(roles: Set<String>? = nil, groups: Set<String>? = nil, actions: [String: Set<String>] = [:]) {
        self.roles = roles
        self.groups = groups
        self.actions = actions
    }
}
