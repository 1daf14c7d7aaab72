import Vocabulary

/// A snapshot laid over what is known, by upstream key: positions in a merged order stand for people and groups, so
/// that comparing 100,000 people needs sorted arrays of integers and no dictionary.
public struct SyncComparison: Sendable {
    /// One key: where it is in the snapshot and where in the store, -1 where it is not.
    struct Slot: Sendable {
        let new: Int32
        let old: Int32
    }

    let snapshot: DirectorySnapshot
    let known: KnownDirectory
    let people: [Slot]
    let groups: [Slot]
    /// Per snapshot position: the slot, or -1 for an entry left out.
    let personSlots: [Int32]
    let groupSlots: [Int32]
    let oldPersonSlots: [Int32]
    let oldGroupSlots: [Int32]
    /// Found while merging.
    let conflicts: [SyncConflict]
    let warnings: [SyncWarning]
    /// Snapshot positions whose login may not be taken over.
    let loginRefused: Set<Int32>
    /// Upstream keys of entries that the store has no row for and cannot make one for: they manage nobody.
    let leftOutKeys: Set<String>

    /// - Throws: `sync.provider_mismatch` when the two are of different providers.
    public init(snapshot: DirectorySnapshot, known: KnownDirectory) throws {
        guard snapshot.provider == known.provider else {
            throw Fault("sync.provider_mismatch", .ourselves, "A snapshot was compared with another provider's rows.")
        }
        self.snapshot = snapshot
        self.known = known
        var conflicts: [SyncConflict] = []
        var malformed: Set<Int32> = []
        for (index, person) in snapshot.people.enumerated() where !UpstreamSubject.isValid(key: person.key) {
            malformed.insert(Int32(index))
            conflicts.append(SyncConflict(kind: .malformed, key: String(person.key.prefix(64))))
        }
        let merged = Self.merge(
            new: snapshot.people.map(\.key), old: known.people.map { $0.record.key }, without: malformed,
            before: { snapshot.people[Int($0)].login < snapshot.people[Int($1)].login })
        conflicts += merged.duplicates.map { SyncConflict(kind: .duplicateKey, key: $0) }
        (people, personSlots, oldPersonSlots) = (merged.slots, merged.newSlots, merged.oldSlots)

        let badGroups = snapshot.groups.indices.filter { !UpstreamSubject.isValid(key: snapshot.groups[$0].key) }
        let mergedGroups = Self.merge(
            new: snapshot.groups.map(\.key), old: known.groups.map { $0.record.key },
            without: Set(badGroups.map { Int32($0) }),
            before: { snapshot.groups[Int($0)].name < snapshot.groups[Int($1)].name })
        (groups, groupSlots, oldGroupSlots) = (mergedGroups.slots, mergedGroups.newSlots, mergedGroups.oldSlots)
        let badKeys = badGroups.map { String(snapshot.groups[$0].key.prefix(64)) } + mergedGroups.duplicates
        warnings = badKeys.map { SyncWarning(kind: .malformedGroup, key: $0, count: 1) }

        let names = NameConflicts(snapshot: snapshot, known: known, people: merged.slots)
        loginRefused = names.loginRefused
        self.conflicts = conflicts + names.conflicts
        let leftOut = people.filter { $0.old < 0 && names.loginRefused.contains($0.new) }
        leftOutKeys = Set(leftOut.map { snapshot.people[Int($0.new)].key })
    }

    /// The row that already describes this slot, if any.
    func knownPerson(_ slot: Slot) -> KnownPerson? { slot.old < 0 ? nil : known.people[Int(slot.old)] }
    func record(_ slot: Slot) -> PersonRecord? { slot.new < 0 ? nil : snapshot.people[Int(slot.new)] }

    /// An entry the store has no row for and cannot make one for.
    func isLeftOut(_ slot: Slot) -> Bool { slot.old < 0 && loginRefused.contains(slot.new) }

    func personKey(_ slot: Int) -> String {
        let slot = people[slot]
        return slot.new >= 0 ? snapshot.people[Int(slot.new)].key : known.people[Int(slot.old)].record.key
    }

    func groupKey(_ slot: Int) -> String {
        let slot = groups[slot]
        return slot.new >= 0 ? snapshot.groups[Int(slot.new)].key : known.groups[Int(slot.old)].record.key
    }
}

extension SyncComparison {
    struct Merge {
        var slots: [Slot] = []
        var newSlots: [Int32]
        var oldSlots: [Int32]
        var duplicates: [String] = []
    }

    /// Merges two unsorted lists of keys into slots ordered by key. Of several new entries with one key the first by
    /// `before` counts, and the key is reported.
    static func merge(
        new: [String], old: [String], without: Set<Int32>, before: (Int32, Int32) -> Bool
    ) -> Merge {
        let newOrder = (0..<Int32(new.count)).filter { without.isEmpty || !without.contains($0) }.sorted {
            let (left, right) = (new[Int($0)], new[Int($1)])
            return left == right ? before($0, $1) : left < right
        }
        let oldOrder = (0..<Int32(old.count)).sorted { old[Int($0)] < old[Int($1)] }
        var result = Merge(
            newSlots: [Int32](repeating: -1, count: new.count), oldSlots: [Int32](repeating: -1, count: old.count))
        result.slots.reserveCapacity(max(new.count, old.count))
        var (i, j) = (0, 0)
        while i < newOrder.count || j < oldOrder.count {
            let newKey = i < newOrder.count ? new[Int(newOrder[i])] : nil
            let oldKey = j < oldOrder.count ? old[Int(oldOrder[j])] : nil
            let takesNew = newKey != nil && (oldKey == nil || newKey! <= oldKey!)
            let takesOld = oldKey != nil && (newKey == nil || oldKey! <= newKey!)
            let slot = Int32(result.slots.count)
            result.slots.append(Slot(new: takesNew ? newOrder[i] : -1, old: takesOld ? oldOrder[j] : -1))
            if takesOld { result.oldSlots[Int(oldOrder[j])] = slot; j += 1 }
            guard takesNew, let key = newKey else { continue }
            result.newSlots[Int(newOrder[i])] = slot
            i += 1
            var repeated = false
            while i < newOrder.count, new[Int(newOrder[i])] == key { repeated = true; i += 1 }
            if repeated { result.duplicates.append(key) }
        }
        return result
    }
}
