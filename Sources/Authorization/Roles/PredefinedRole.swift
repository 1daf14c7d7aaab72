import Vocabulary

/// The roles every tenant starts with.
public enum PredefinedRole: String, Sendable, CaseIterable {
    /// Everything.
    case admin = "Admin"
    /// Runs the gateway from day to day: people's state, sessions, synchronization.
    case `operator` = "Operator"
    /// Builds policies and applications.
    case developer = "Developer"
    /// Reads what is to be reviewed, approves or rejects it.
    case reviewer = "Reviewer"
    /// Reads people, roles, policies, decisions and reports; changes nothing.
    case analyst = "Analyst"

    /// The definition, under an id of the caller's choosing; `analyst` is the id of the role that others inherit from.
    public func definition(id: RoleID, analyst: RoleID) -> RoleDefinition {
        RoleDefinition(
            id: id, name: rawValue, parents: self == .admin || self == .analyst ? [] : [analyst],
            permissions: permissions)
    }

    /// All five, under ids that the caller draws.
    public static func definitions(id: (PredefinedRole) -> RoleID) -> [RoleDefinition] {
        let analyst = id(.analyst)
        return allCases.map { $0.definition(id: $0 == .analyst ? analyst : id($0), analyst: analyst) }
    }

    private var permissions: [Permission] {
        switch self {
        case .admin: [Permission("*", on: "*")]
        case .operator:
            grid(["enable", "disable", "unlock", "invite"], ["person"]) + grid(["list", "end"], ["session"])
                + grid(["read", "run", "release", "drop"], ["sync_run"]) + grid(["read"], ["provider"])
        case .developer:
            grid(["read", "create", "update", "delete", "test"], ["policy"])
                + grid(["read", "create", "update"], ["application", "service_account"])
        case .reviewer:
            grid(["approve", "reject"], ["policy", "approval", "sync_run"]) + grid(["read"], ["approval", "sync_run"])
        case .analyst: grid(["read"], Self.readable)
        }
    }

    private static let readable = [
        "person", "group", "organization_unit", "role", "mapping", "policy", "decision", "audit", "report",
    ]

    private func grid(_ actions: [String], _ types: [String]) -> [Permission] {
        types.flatMap { type in actions.map { Permission($0, on: type) } }
    }
}
