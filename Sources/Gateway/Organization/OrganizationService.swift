import Identity
import Storage
import Vocabulary

/// A tenant's organization tree: units made, renamed, moved with everything below them, and deleted when empty.
public struct OrganizationService: Sendable {
    let store: Store
    /// Governed policies may hold for a unit: who is below it is looked up with the rules.
    let table: AuthorizationTable

    /// Units of one tenant at most: the tree is read whole.
    public static let unitLimit = 20_000
    /// Bytes of a unit's name at most.
    public static let nameLimit = 256

    /// Every unit of the tenant, in the order of their ids.
    public func units(in tenant: TenantID) async throws -> [OrganizationUnit] {
        try await store.read { try $0.organizationUnits(of: tenant) }
    }

    /// The unit of this id or name, and the units above it, the nearest first. Throws `not found` when the tenant has
    /// none, and when several have the name.
    public func unit(
        named text: String, in tenant: TenantID
    ) async throws -> (unit: OrganizationUnit, path: [OrganizationUnit]) {
        let units = try await units(in: tenant)
        let unit = try Self.find(text, in: units)
        return (unit, OrganizationTree(units).ancestors(of: unit.id))
    }

    static func find(_ text: String, in units: [OrganizationUnit]) throws -> OrganizationUnit {
        if let id = OrganizationUnitID(text) {
            guard let unit = units.first(where: { $0.id == id }) else { throw Fault.notFound("organization unit") }
            return unit
        }
        let named = units.filter { $0.name == text }
        guard let unit = named.first else { throw Fault.notFound("organization unit") }
        guard named.count == 1 else {
            throw Fault.invalid("Several organization units have this name.", remedy: "Name the unit by its id.")
        }
        return unit
    }

    /// Adds a unit. Throws when the tree has no such parent, or not at a higher level.
    public func create(
        _ level: OrganizationLevel, name: String, under parent: OrganizationUnitID?, by caller: Caller
    ) async throws -> OrganizationUnit {
        try await write(in: caller.tenant) { tx in
            try Self.create(
                level, name: name, under: parent, among: try tx.sql.organizationUnits(of: caller.tenant), by: caller, tx
            )
        }
    }

    /// As `create`, inside a transaction that does more.
    static func create(
        _ level: OrganizationLevel, name: String, under parent: OrganizationUnitID?, among units: [OrganizationUnit],
        by caller: Caller, _ tx: Transaction
    ) throws -> OrganizationUnit {
        try check(name: name)
        guard units.count < unitLimit else {
            throw Fault.invalid("A tenant has at most \(unitLimit) organization units.")
        }
        let unit = OrganizationUnit(
            id: OrganizationUnitID.random(at: tx.now), tenant: caller.tenant, level: level, name: name, parent: parent)
        if let refusal = OrganizationTree(units).refusal(placing: unit, under: parent) { throw refusal.fault }
        try tx.sql.insert(unit)
        try tx.append(
            caller.event("organization_unit.created", Stream("organization_unit", unit.id), facts: facts(of: unit)))
        return unit
    }

    /// Renames a unit, moves it with everything below it, or both; nil leaves as it is. Throws `stale` when `version`
    /// is not the unit's any more, and for a move below itself or to a parent that is not of a higher level.
    public func change(
        _ id: OrganizationUnitID, name: String?, parent: OrganizationUnitID?, expecting version: Int64?,
        by caller: Caller
    ) async throws -> OrganizationUnit {
        if let name { try Self.check(name: name) }
        return try await write(in: caller.tenant) { tx in
            let units = try tx.sql.organizationUnits(of: caller.tenant)
            var unit = try Self.owned(id, in: units)
            if let version, version != unit.version { throw Fault.stale("organization unit") }
            var tree = OrganizationTree(units)
            if let parent, let refusal = tree.move(id, under: parent) { throw refusal.fault }
            let isMoved = parent != nil && parent != unit.parent
            let isRenamed = name != nil && name != unit.name
            guard isMoved || isRenamed else { return unit }
            unit.parent = parent ?? unit.parent
            unit.name = name ?? unit.name
            guard try tx.sql.update(unit, expecting: unit.version) else { throw Fault.stale("organization unit") }
            unit.version += 1
            try tx.append(
                caller.event(
                    isMoved ? "organization_unit.moved" : "organization_unit.renamed", Stream("organization_unit", id),
                    facts: Self.facts(of: unit)))
            return unit
        }
    }

    /// Deletes a unit that has nobody in it and nothing below it.
    public func delete(_ id: OrganizationUnitID, by caller: Caller) async throws {
        try await store.write(.administration) { tx in
            let units = try tx.sql.organizationUnits(of: caller.tenant)
            _ = try Self.owned(id, in: units)
            if let refusal = OrganizationTree(units).refusal(deleting: id) { throw refusal.fault }
            guard try tx.sql.countPeople(inUnit: id, of: caller.tenant) == 0 else {
                throw Fault(
                    OrganizationRefusal.notEmpty.rawValue, .caller, "There are people in this organization unit.",
                    remedy: "Place them elsewhere first.")
            }
            _ = try tx.sql.deleteOrganizationUnit(id, of: caller.tenant)
            try tx.append(caller.event("organization_unit.deleted", Stream("organization_unit", id)))
        }
    }

    private func write<Result: Sendable>(
        in tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        let result = try await store.write(.administration, body)
        await table.refreshGoverned(tenant)
        return result
    }

    private static func owned(
        _ id: OrganizationUnitID, in units: [OrganizationUnit]
    ) throws -> OrganizationUnit {
        guard let unit = units.first(where: { $0.id == id }) else { throw Fault.notFound("organization unit") }
        if let conflict = Ownership(object: unit.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
        return unit
    }

    private static func check(name: String) throws {
        guard (1...nameLimit).contains(name.utf8.count) else {
            throw Fault.invalid("An organization unit's name has 1 to \(nameLimit) bytes.")
        }
    }

    private static func facts(of unit: OrganizationUnit) -> [Fact] {
        var facts = [Fact("level", .word(unit.level.word))]
        if let parent = unit.parent { facts.append(Fact("parent", .id(parent, "organization_unit"))) }
        return facts
    }
}

extension OrganizationRefusal {
    /// The refusal in words; 409 where the tree stands against it, 400 where the request cannot be meant.
    var fault: Fault {
        switch self {
        case .unknownUnit: Fault.notFound("organization unit")
        case .unknownParent, .otherTenant:
            Fault("organization.unknown_parent", .caller, "The parent is no organization unit of this tenant.")
        case .parentRequired:
            Fault(rawValue, .caller, "Only an organization stands at the root; name the unit's parent.")
        case .parentForbidden: Fault(rawValue, .caller, "An organization is a root and has no parent.")
        case .wrongLevel:
            Fault(
                rawValue, .caller, "The parent is not at a higher level than the unit.",
                remedy: "The levels are organization, division, department, project, team.")
        case .cycle: Fault(rawValue, .caller, "A unit cannot be moved below itself.")
        case .notEmpty:
            Fault(
                rawValue, .caller, "There are units below this one.",
                remedy: "Move or delete them first.")
        }
    }
}

extension Gateway {
    /// The organization trees of all tenants.
    public var organization: OrganizationService { OrganizationService(store: store, table: authorization) }
}
