import Vocabulary

extension SyncComparison {
    /// What would have to change. A function of snapshot, rows and `now` alone.
    public func plan(settings: SyncSettings = SyncSettings(), now: Timestamp) -> SyncPlan {
        let changes = people.compactMap { personChange($0, settings, now) }
        let groupChanges = groups.compactMap(groupChange)
        let memberships = diff(
            new: pairs(snapshot.memberships, groupSlots, personSlots, leavesOutPeople: true),
            old: pairs(known.memberships, oldGroupSlots, oldPersonSlots), member: personKey)
        let nestings = diff(
            new: pairs(snapshot.nestings, groupSlots, groupSlots),
            old: pairs(known.nestings, oldGroupSlots, oldGroupSlots), member: groupKey)
        return SyncPlan(
            provider: snapshot.provider, madeAt: now,
            people: PersonOrder(known: known, changes: changes).sorted(changes),
            groups: groupChanges.filter { $0.kind == .remove } + groupChanges.filter { $0.kind != .remove },
            membershipsLost: memberships.lost, membershipsGained: memberships.gained, nestingsLost: nestings.lost,
            nestingsGained: nestings.gained,
            conflicts: conflicts.sorted { ($0.key, $0.kind.rawValue) < ($1.key, $1.kind.rawValue) },
            warnings: allWarnings(), answeredPeople: snapshot.people.count, answeredGroups: snapshot.groups.count)
    }

    // MARK: People

    private func personChange(_ slot: Slot, _ settings: SyncSettings, _ now: Timestamp) -> PersonChange? {
        guard let row = knownPerson(slot) else {
            guard let record = record(slot), !isLeftOut(slot) else { return nil }
            return PersonChange(
                kind: .add, key: record.key, id: nil, version: nil, record: record, attributes: [], deleteAfter: nil,
                organizationUnit: unit(of: record))
        }
        guard let record = record(slot) else { return missing(row, settings, now) }
        let attributes = changedAttributes(row, record, keepsLogin: loginRefused.contains(slot.new))
        guard let kind = kind(row, record, attributes) else { return nil }
        return PersonChange(
            kind: kind, key: record.key, id: row.id, version: row.version, record: record, attributes: attributes,
            deleteAfter: nil, organizationUnit: unit(of: record))
    }

    /// Compared by key: a manager may come with the same run. One of another provider is none of this directory's.
    private func managerDiffers(_ row: KnownPerson, _ record: PersonRecord) -> Bool {
        let named = record.manager.flatMap { leftOutKeys.contains($0) ? nil : $0 }
        guard row.manager != nil else { return named != nil }
        return row.record.manager != named || named == nil
    }

    private func unit(of record: PersonRecord) -> OrganizationUnitID? {
        record.organizationUnit.flatMap { known.units[$0] }
    }

    /// Whoever was disabled here for another reason stays just that: as a leaver they would come back active with the
    /// entry, and deleted and made anew too.
    private func missing(_ row: KnownPerson, _ settings: SyncSettings, _ now: Timestamp) -> PersonChange? {
        guard !row.status.isHeldHere else { return nil }
        func change(_ kind: PersonChange.Kind, _ deleteAfter: Timestamp?) -> PersonChange {
            PersonChange(
                kind: kind, key: row.record.key, id: row.id, version: row.version, record: nil, attributes: [],
                deleteAfter: deleteAfter)
        }
        guard case .leaver(_, let deleteAfter) = row.status else {
            return change(.leave, now + .seconds(settings.graceSeconds))
        }
        return deleteAfter <= now ? change(.delete, deleteAfter) : nil
    }

    private func kind(_ row: KnownPerson, _ record: PersonRecord, _ attributes: [String]) -> PersonChange.Kind? {
        switch row.status {
        case .leaver: return .restore
        case .active where record.isDisabled: return .suspend
        // Whoever was disabled here for another reason stays so, whatever the directory says.
        case .disabled(.directory, _) where !record.isDisabled: return .resume
        default:
            if attributes.contains(PersonAttribute.login.rawValue) { return .rename }
            return attributes.isEmpty ? nil : .change
        }
    }

    private func changedAttributes(_ row: KnownPerson, _ record: PersonRecord, keepsLogin: Bool) -> [String] {
        let old = row.record
        guard old != record || row.organizationUnit != nil || row.manager != nil else { return [] }
        var names: [String] = []
        func note(_ attribute: PersonAttribute) { names.append(attribute.rawValue) }
        if old.login != record.login, !keepsLogin { note(.login) }
        if old.displayName != record.displayName { note(.displayName) }
        if old.givenName != record.givenName { note(.givenName) }
        if old.familyName != record.familyName { note(.familyName) }
        if old.mail != record.mail { note(.mail) }
        if old.department != record.department { note(.department) }
        if row.organizationUnit != unit(of: record) { note(.organizationUnit) }
        if managerDiffers(row, record) { note(.manager) }
        if old.attributes != record.attributes {
            let keys = Set(old.attributes.keys).union(record.attributes.keys)
            names += keys.filter { old.attributes[$0] != record.attributes[$0] }.map { "attributes.\($0)" }
        }
        return names.filter { snapshot.described.contains($0) && !row.foreignAttributes.contains($0) }.sorted()
    }

    // MARK: Groups and memberships

    private func groupChange(_ slot: Slot) -> GroupChange? {
        let record = slot.new < 0 ? nil : snapshot.groups[Int(slot.new)]
        guard slot.old >= 0 else {
            return GroupChange(kind: .add, key: record?.key ?? "", id: nil, version: nil, record: record)
        }
        let row = known.groups[Int(slot.old)]
        let kind: GroupChange.Kind
        switch record {
        case nil: kind = .remove
        case let record? where record.name != row.record.name: kind = .rename
        case let record? where record != row.record: kind = .change
        default: return nil
        }
        return GroupChange(kind: kind, key: row.record.key, id: row.id, version: row.version, record: record)
    }

    /// Sorted and unique, one word each: the group's slot above the member's.
    func pairs(
        _ pairs: [IndexPair], _ groupSlots: [Int32], _ memberSlots: [Int32], leavesOutPeople: Bool = false
    ) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(pairs.count)
        for pair in pairs {
            guard groupSlots.indices.contains(Int(pair.group)), memberSlots.indices.contains(Int(pair.member)) else {
                continue
            }
            let (group, member) = (groupSlots[Int(pair.group)], memberSlots[Int(pair.member)])
            guard group >= 0, member >= 0 else { continue }
            if leavesOutPeople, !loginRefused.isEmpty, isLeftOut(people[Int(member)]) { continue }
            words.append(UInt64(group) << 32 | UInt64(member))
        }
        words.sort()
        return words
    }

    private func diff(
        new: [UInt64], old: [UInt64], member: (Int) -> String
    ) -> (gained: [MembershipChange], lost: [MembershipChange]) {
        func changes(_ words: [UInt64]) -> [MembershipChange] {
            words.map { MembershipChange(group: groupKey(Int($0 >> 32)), member: member(Int($0 & 0xFFFF_FFFF))) }
        }
        var (gained, lost): ([UInt64], [UInt64]) = ([], [])
        var (i, j) = (0, 0)
        while i < new.count || j < old.count {
            let (left, right) = (i < new.count ? new[i] : .max, j < old.count ? old[j] : .max)
            if left < right { gained.append(left) }
            if right < left { lost.append(right) }
            if left <= right { while i < new.count, new[i] == left { i += 1 } }
            if right <= left { while j < old.count, old[j] == right { j += 1 } }
        }
        return (changes(Self.inBlocks(gained)), changes(lost))
    }

    /// By groups, a block of members at a time. Memberships are stored by person: a group's members spread over
    /// everybody, and writing group after group over a hundred thousand people would touch nearly every page again in
    /// every chunk. Fewer than a block's worth of members stay in order of group.
    private static func inBlocks(_ words: [UInt64]) -> [UInt64] {
        guard words.contains(where: { $0 & 0xFFFF_FFFF >= memberBlock }) else { return words }
        return words.sorted { left, right in
            let blocks = ((left & 0xFFFF_FFFF) / memberBlock, (right & 0xFFFF_FFFF) / memberBlock)
            return blocks.0 == blocks.1 ? left < right : blocks.0 < blocks.1
        }
    }

    private static var memberBlock: UInt64 { 25_000 }

    private func allWarnings() -> [SyncWarning] {
        let dangling = snapshot.dangling.compactMap { entry in
            snapshot.groups.indices.contains(Int(entry.group)) && entry.count > 0
                ? SyncWarning(kind: .danglingMembers, key: snapshot.groups[Int(entry.group)].key, count: entry.count)
                : nil
        }
        let graph = MembershipGraph(
            groupCount: snapshot.groups.count, personCount: 0,
            nestings: snapshot.nestings, memberships: [IndexPair]())
        let cycles = graph.cyclic.map {
            SyncWarning(kind: .nestingCycle, key: snapshot.groups[Int($0)].key, count: 1)
        }
        return (warnings + dangling + cycles + unknownUnits()).sorted {
            ($0.key, $0.kind.rawValue) < ($1.key, $1.kind.rawValue)
        }
    }

    private func unknownUnits() -> [SyncWarning] {
        guard snapshot.described.contains(.organizationUnit) else { return [] }
        let unknown = snapshot.people.lazy.compactMap(\.organizationUnit).filter { known.units[$0] == nil }
        return unknown.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }.sorted { $0.key < $1.key }
            .prefix(Self.unitWarningLimit)
            .map { SyncWarning(kind: .unknownUnit, key: String($0.key.prefix(64)), count: $0.value) }
    }

    /// Names of units that are told of; a mapping of the wrong attribute would tell of as many as there are people.
    private static var unitWarningLimit: Int { 100 }
}
