import Vocabulary

/// The level of a unit in the organization tree. A unit sits under one of a higher level, or under nothing.
public enum OrganizationLevel: Int, Sendable, Codable, CaseIterable, Comparable, Hashable {
    case organization = 0, division, department, project, team

    /// The word for rows, facts and the API.
    public var word: String {
        switch self {
        case .organization: "organization"
        case .division: "division"
        case .department: "department"
        case .project: "project"
        case .team: "team"
        }
    }

    public init?(word: String) {
        guard let match = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = match
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One node of a tenant's organization tree.
public struct OrganizationUnit: Sendable, Hashable, Codable {
    public let id: OrganizationUnitID
    public let tenant: TenantID
    public let level: OrganizationLevel
    public var name: String
    /// Nil only for an organization, which is a root.
    public var parent: OrganizationUnitID?
    public var managedBy: ManagedBy
    public var version: Int64

    public init(
        id: OrganizationUnitID, tenant: TenantID, level: OrganizationLevel, name: String,
        parent: OrganizationUnitID? = nil, managedBy: ManagedBy = .api, version: Int64 = 1
    ) {
        self.id = id
        self.tenant = tenant
        self.level = level
        self.name = name
        self.parent = parent
        self.managedBy = managedBy
        self.version = version
    }
}
