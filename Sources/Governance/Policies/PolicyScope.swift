import Vocabulary

/// A level of the tree that policies are laid over, the widest first.
public enum ScopeLevel: String, Sendable, Codable, CaseIterable, Comparable {
    case system, organization, department, project, team, individual

    private var depth: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.depth < right.depth }
}

/// Where a policy holds: a place in the tree, narrowed by selectors. What is left open is not narrowed.
public struct PolicyScope: Sendable, Hashable, Codable {
    /// Names per selector, and bytes per name.
    public static let selectorLimit = 64
    public static let nameBytes = 256

    public let level: ScopeLevel
    /// The organization, department, project or team; nil means every unit of that level, and the whole tenant at the two
    /// widest.
    public let unit: OrganizationUnitID?
    /// The one subject of an individual policy; without it, it is nobody's.
    public let subject: Subject?
    /// Compared with `context.environment` without regard to the case of ASCII letters, because a deny for `production`
    /// is meant for `Production` too; an empty list does not narrow.
    public let environments: [String]
    /// Compared with `context.service_name`, in the same way.
    public let services: [String]
    /// Resource types, byte for byte.
    public let resources: [String]
    /// Actions, byte for byte.
    public let actions: [String]

    /// Nil when a unit stands at a level that has none, a subject at another level than the individual, or a selector is
    /// too long.
    public init?(
        _ level: ScopeLevel, unit: OrganizationUnitID? = nil, subject: Subject? = nil, environments: [String] = [],
        services: [String] = [], resources: [String] = [], actions: [String] = []
    ) {
        guard unit == nil || [.organization, .department, .project, .team].contains(level) else { return nil }
        guard subject == nil || level == .individual else { return nil }
        let selectors = [environments, services, resources, actions]
        guard selectors.allSatisfy({ $0.count <= Self.selectorLimit }),
            selectors.joined().allSatisfy({ (1...Self.nameBytes).contains($0.utf8.count) })
        else { return nil }
        (self.level, self.unit, self.subject) = (level, unit, subject)
        (self.environments, self.services, self.resources, self.actions) = (environments, services, resources, actions)
    }

    private init(_ level: ScopeLevel) {
        (self.level, unit, subject) = (level, nil, nil)
        (environments, services, resources, actions) = ([], [], [], [])
    }

    /// Every tenant, when it is the global tenant's; else the whole tenant.
    public static let system = PolicyScope(.system)
    /// The whole tenant.
    public static let organization = PolicyScope(.organization)

    /// Whether somebody at that place is within the tree part of the scope.
    public func covers(_ place: ScopePlace) -> Bool {
        switch level {
        case .system: true
        case .organization: unit == nil || place.units.contains { $0.level == level && $0.id == unit }
        case .department, .project, .team:
            place.units.contains { $0.level == level && (unit == nil || $0.id == unit) }
        case .individual: subject == place.subject
        }
    }

    /// Whether the selectors let a request through.
    ///
    /// - Parameter orUnknown: whether a selector lets a request through that leaves out what it names. A restriction
    ///   says yes, or whoever asks would get rid of it by saying less.
    public func selects(
        environment: String?, service: String?, resource: String, action: String, orUnknown: Bool = false
    ) -> Bool {
        func admits(_ names: [String], _ value: String?) -> Bool {
            names.isEmpty || value.map { value in names.contains { Self.areSame($0.utf8, value.utf8) } } ?? orUnknown
        }
        func names(_ names: [String], _ value: String) -> Bool {
            names.isEmpty || names.contains { $0.utf8.elementsEqual(value.utf8) }
        }
        return admits(environments, environment) && admits(services, service) && names(resources, resource)
            && names(actions, action)
    }
}

extension PolicyScope {
    fileprivate static func areSame(_ left: String.UTF8View, _ right: String.UTF8View) -> Bool {
        left.elementsEqual(right) { folded($0) == folded($1) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

/// Where a subject stands in the organization's tree.
public struct ScopePlace: Sendable, Hashable {
    /// One unit somebody belongs to, directly or through a unit below it.
    public struct Unit: Sendable, Hashable {
        public let level: ScopeLevel
        public let id: OrganizationUnitID

        /// A department, project or team.
        public init(_ level: ScopeLevel, _ id: OrganizationUnitID) {
            self.level = level
            self.id = id
        }
    }

    public let subject: Subject
    public let units: [Unit]

    /// Somebody with all the units above them, ancestors included.
    public init(_ subject: Subject, units: [Unit] = []) {
        self.subject = subject
        self.units = units
    }
}
