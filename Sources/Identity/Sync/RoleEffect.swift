import Vocabulary

/// A role that one person gains or loses by a plan.
public struct RoleChange: Sendable, Hashable, Codable {
    public let key: String
    /// Nil for somebody the plan adds.
    public let person: PersonID?
    public let role: RoleID
}

/// What a plan does to access: who gains and who loses which role through one provider's mappings.
public struct RoleEffect: Sendable, Hashable, Codable {
    /// In order of upstream key, then role.
    public let gained: [RoleChange]
    public let lost: [RoleChange]
    /// Active people who hold a role through this provider's mappings, inherited roles included.
    public let holdersBefore: [RoleID: Int]
    public let holdersAfter: [RoleID: Int]

    public init(
        gained: [RoleChange], lost: [RoleChange], holdersBefore: [RoleID: Int], holdersAfter: [RoleID: Int]
    ) {
        self.gained = gained
        self.lost = lost
        self.holdersBefore = holdersBefore
        self.holdersAfter = holdersAfter
    }
}

extension SyncComparison {
    /// Computes the effect by sets: the roles of a group are a row of bits, those of a person the union over their
    /// groups, before and after.
    ///
    /// - Parameter hierarchy: the tenant's roles; a holder of a role holds those it inherits.
    public func roleEffect(_ mappings: MappingEvaluator, hierarchy: GrantRule) -> RoleEffect {
        let table = RoleTable(mappings, provider: snapshot.provider, hierarchy: hierarchy)
        let before = RoleState(
            table, comparison: self, groupPairs: pairs(known.nestings, oldGroupSlots, oldGroupSlots),
            memberPairs: pairs(known.memberships, oldGroupSlots, oldPersonSlots))
        let after = RoleState(
            table, comparison: self, groupPairs: pairs(snapshot.nestings, groupSlots, groupSlots),
            memberPairs: pairs(snapshot.memberships, groupSlots, personSlots, leavesOutPeople: true))
        var tally = RoleTally(table)
        for (index, slot) in people.enumerated() {
            let old = knownPerson(slot)
            let had = old?.status == .active ? before.roles(of: index, attributes: old?.record.attributes) : nil
            let has = willBeActive(slot) ? after.roles(of: index, attributes: attributes(of: slot)) : nil
            tally.add(had: had, has: has, key: { personKey(index) }, person: old?.id)
        }
        return tally.effect
    }

    /// Free attributes as they will be: the directory's, and what it says nothing of as it is.
    private func attributes(of slot: Slot) -> [String: AttributeValue]? {
        guard let record = record(slot) else { return nil }
        let kept = knownPerson(slot)?.record.attributes.filter { !snapshot.described.contains("attributes.\($0.key)") }
        return record.attributes.merging(kept ?? [:]) { described, _ in described }
    }

    private func willBeActive(_ slot: Slot) -> Bool {
        guard let record = record(slot), !record.isDisabled, !isLeftOut(slot) else { return false }
        switch knownPerson(slot)?.status {
        case nil, .active, .leaver, .disabled(.directory, _): return true
        case .disabled: return false
        }
    }
}

/// The roles that mappings can give, as bits.
private struct RoleTable {
    let roles: [RoleID]
    let provider: ProviderID
    let mappings: MappingEvaluator
    /// Per mapping: its role and what that inherits.
    let rows: [BitRow]
    let hasAttributeMappings: Bool

    init(_ mappings: MappingEvaluator, provider: ProviderID, hierarchy: GrantRule) {
        let closures = mappings.mappings.map { hierarchy.closure(of: [$0.role]).union([$0.role]) }
        let roles = closures.reduce(into: Set<RoleID>()) { $0.formUnion($1) }.sorted()
        let positions = Dictionary(uniqueKeysWithValues: roles.enumerated().map { ($1, $0) })
        rows = closures.map { closure in
            var row = BitRow(count: roles.count)
            for role in closure { if let position = positions[role] { row.insert(position) } }
            return row
        }
        self.roles = roles
        self.provider = provider
        self.mappings = mappings
        hasAttributeMappings = mappings.mappings.contains { mapping in
            if case .attribute = mapping.match { mapping.provider == provider } else { false }
        }
    }

    var empty: BitRow { BitRow(count: roles.count) }

    func union(_ indices: [Int]) -> BitRow {
        var row = empty
        for index in indices { row.formUnion(rows[index]) }
        return row
    }
}

extension IndexPair {
    fileprivate init(word: UInt64) { self.init(group: Int32(word >> 32), member: Int32(word & 0xFFFF_FFFF)) }
}

/// The roles of everybody at one moment.
private struct RoleState {
    private let table: RoleTable
    private let graph: MembershipGraph
    /// Per group: the roles that being in it gives, those of the groups around it included.
    private let groupRoles: [BitRow]

    init(_ table: RoleTable, comparison: SyncComparison, groupPairs: [UInt64], memberPairs: [UInt64]) {
        self.table = table
        let count = comparison.groups.count
        graph = MembershipGraph(
            groupCount: count, personCount: comparison.people.count,
            nestings: groupPairs.lazy.map(IndexPair.init(word:)),
            memberships: memberPairs.lazy.map(IndexPair.init(word:)))
        let own = (0..<count).map { index in
            table.union(table.mappings.mappingIndices(provider: table.provider, group: comparison.groupKey(index)))
        }
        groupRoles = (0..<count).map { [graph] index in
            var row = table.empty
            for container in graph.groupsContaining(group: Int32(index)) { row.formUnion(own[Int(container)]) }
            return row
        }
    }

    func roles(of person: Int, attributes: [String: AttributeValue]?) -> BitRow {
        var row = table.empty
        for group in graph.directGroups(ofPerson: Int32(person)) { row.formUnion(groupRoles[Int(group)]) }
        if table.hasAttributeMappings, let attributes, !attributes.isEmpty {
            row.formUnion(table.union(table.mappings.firing(provider: table.provider, attributes: attributes)))
        }
        return row
    }
}

private struct RoleTally {
    private let table: RoleTable
    private var gained: [RoleChange] = []
    private var lost: [RoleChange] = []
    private var before: [Int]
    private var after: [Int]

    init(_ table: RoleTable) {
        self.table = table
        before = [Int](repeating: 0, count: table.roles.count)
        after = before
    }

    mutating func add(had: BitRow?, has: BitRow?, key: () -> String, person: PersonID?) {
        let (had, has) = (had ?? table.empty, has ?? table.empty)
        for role in had.indices { before[Int(role)] += 1 }
        for role in has.indices { after[Int(role)] += 1 }
        guard had != has else { return }
        let key = key()
        for role in has.subtracting(had).indices {
            gained.append(RoleChange(key: key, person: person, role: table.roles[Int(role)]))
        }
        for role in had.subtracting(has).indices {
            lost.append(RoleChange(key: key, person: person, role: table.roles[Int(role)]))
        }
    }

    var effect: RoleEffect {
        func counts(_ values: [Int]) -> [RoleID: Int] {
            Dictionary(uniqueKeysWithValues: zip(table.roles, values).filter { $0.1 > 0 })
        }
        return RoleEffect(gained: gained, lost: lost, holdersBefore: counts(before), holdersAfter: counts(after))
    }
}
