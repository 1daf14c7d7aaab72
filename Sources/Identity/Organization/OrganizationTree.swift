import Vocabulary

/// Why a unit cannot be put where somebody wants it.
public enum OrganizationRefusal: String, Sendable, Hashable, CaseIterable {
    case unknownUnit = "organization.unknown_unit"
    case unknownParent = "organization.unknown_parent"
    /// An organization is a root; everything else needs a parent.
    case parentRequired = "organization.parent_required"
    case parentForbidden = "organization.parent_forbidden"
    /// The parent's level is not above the unit's.
    case wrongLevel = "organization.wrong_level"
    /// The parent lies below the unit.
    case cycle = "organization.cycle"
    case otherTenant = "organization.other_tenant"
    /// It still has units below it.
    case notEmpty = "organization.not_empty"
}

/// One tenant's organization tree, as a value. Reads never loop, even over rows that somehow hold a cycle.
public struct OrganizationTree: Sendable {
    private var units: [OrganizationUnitID: OrganizationUnit]

    public init(_ units: some Sequence<OrganizationUnit>) {
        self.units = Dictionary(units.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// The unit of this id; nil when the tenant has none.
    public subscript(id: OrganizationUnitID) -> OrganizationUnit? { units[id] }

    /// From the unit's parent up to the root.
    public func ancestors(of id: OrganizationUnitID) -> [OrganizationUnit] {
        var path: [OrganizationUnit] = []
        var seen: Set = [id]
        var next = units[id]?.parent
        while let current = next, seen.insert(current).inserted, let unit = units[current] {
            path.append(unit)
            next = unit.parent
        }
        return path
    }

    /// The unit and everything below it, sorted by id: the reach of a scope.
    public func subtree(of id: OrganizationUnitID) -> [OrganizationUnitID] {
        guard units[id] != nil else { return [] }
        let children = Dictionary(grouping: units.values.filter { $0.parent != nil }, by: \.parent)
        var found: Set = [id]
        var stack = [id]
        while let current = stack.popLast() {
            for child in children[current] ?? [] where found.insert(child.id).inserted { stack.append(child.id) }
        }
        return found.sorted()
    }

    /// What stands against putting `unit` (new or known) under `parent`; nil when nothing does.
    public func refusal(placing unit: OrganizationUnit, under parent: OrganizationUnitID?) -> OrganizationRefusal? {
        guard let parent else { return unit.level == .organization ? nil : .parentRequired }
        guard unit.level != .organization else { return .parentForbidden }
        guard parent != unit.id else { return .cycle }
        guard let above = units[parent] else { return .unknownParent }
        guard above.tenant == unit.tenant else { return .otherTenant }
        if ancestors(of: parent).contains(where: { $0.id == unit.id }) { return .cycle }
        // Two projects or teams may nest in one another's kind only downwards: a level lies strictly below its
        // parent's.
        return above.level < unit.level ? nil : .wrongLevel
    }

    /// Moves a unit with everything below it.
    public mutating func move(_ id: OrganizationUnitID, under parent: OrganizationUnitID?) -> OrganizationRefusal? {
        guard var unit = units[id] else { return .unknownUnit }
        if let refusal = refusal(placing: unit, under: parent) { return refusal }
        guard unit.parent != parent else { return nil }
        unit.parent = parent
        unit.version += 1
        units[id] = unit
        return nil
    }

    /// Why this unit cannot be deleted, nil when it can: only a leaf that exists can.
    public func refusal(deleting id: OrganizationUnitID) -> OrganizationRefusal? {
        guard units[id] != nil else { return .unknownUnit }
        return units.values.contains { $0.parent == id } ? .notEmpty : nil
    }
}
