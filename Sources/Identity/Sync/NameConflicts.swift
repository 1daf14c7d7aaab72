import Vocabulary

/// Who may have which login, and whose mail address is shared, decided per person and the same in every run.
struct NameConflicts {
    private(set) var conflicts: [SyncConflict] = []
    private(set) var loginRefused: Set<Int32> = []

    init(snapshot: DirectorySnapshot, known: KnownDirectory, people: [SyncComparison.Slot]) {
        judgeLogins(snapshot, known, people)
        judgeMails(snapshot, known, people)
    }

    private mutating func judgeLogins(
        _ snapshot: DirectorySnapshot, _ known: KnownDirectory, _ people: [SyncComparison.Slot]
    ) {
        // People who are not in the answer keep their login, leavers included: a namesake must not inherit an account.
        var entries: [(name: String, rank: Int, slot: Int)] = []
        entries.reserveCapacity(people.count)
        for (index, slot) in people.enumerated() {
            if slot.new < 0 {
                entries.append((NameKey.of(known.people[Int(slot.old)].record.login), 0, index))
                continue
            }
            let record = snapshot.people[Int(slot.new)]
            guard NameKey.isValid(login: record.login) else {
                refuseMalformed(record, slot)
                if slot.old >= 0 { entries.append((NameKey.of(known.people[Int(slot.old)].record.login), 0, index)) }
                continue
            }
            let name = NameKey.of(record.login)
            let keeps = slot.old >= 0 && NameKey.of(known.people[Int(slot.old)].record.login) == name
            entries.append((name, keeps ? 1 : 2, index))
        }
        entries.sort { ($0.name, $0.rank, $0.slot) < ($1.name, $1.rank, $1.slot) }
        for (position, entry) in entries.enumerated() where entry.rank > 0 {
            let isSecond = position > 0 && entries[position - 1].name == entry.name
            guard isSecond || (entry.rank == 2 && known.takenLogins.contains(entry.name)) else { continue }
            loginRefused.insert(people[entry.slot].new)
            conflicts.append(SyncConflict(kind: .duplicateLogin, key: snapshot.people[Int(people[entry.slot].new)].key))
        }
        refuseNamesKeptByRefused(snapshot, known, people, entries.map { ($0.name, $0.slot) })
    }

    /// A malformed login is still an entry: a known person keeps the old login, a new one is left out.
    private mutating func refuseMalformed(_ record: PersonRecord, _ slot: SyncComparison.Slot) {
        loginRefused.insert(slot.new)
        conflicts.append(SyncConflict(kind: .malformed, key: record.key))
    }

    /// A known person whose new login was refused keeps the old one: whoever was to take that over is refused as well,
    /// and so on, until nothing changes.
    private mutating func refuseNamesKeptByRefused(
        _ snapshot: DirectorySnapshot, _ known: KnownDirectory, _ people: [SyncComparison.Slot],
        _ entries: [(name: String, slot: Int)]
    ) {
        guard !loginRefused.isEmpty else { return }
        let claimants = Dictionary(grouping: entries, by: \.name)
        var queue = people.filter { $0.old >= 0 && loginRefused.contains($0.new) }
        while let slot = queue.popLast() {
            let kept = NameKey.of(known.people[Int(slot.old)].record.login)
            for claimant in claimants[kept] ?? [] {
                let other = people[claimant.slot]
                guard other.new >= 0, other.new != slot.new, loginRefused.insert(other.new).inserted else { continue }
                conflicts.append(SyncConflict(kind: .duplicateLogin, key: snapshot.people[Int(other.new)].key))
                if other.old >= 0 { queue.append(other) }
            }
        }
    }

    private mutating func judgeMails(
        _ snapshot: DirectorySnapshot, _ known: KnownDirectory, _ people: [SyncComparison.Slot]
    ) {
        var entries: [(name: String, slot: Int)] = []
        entries.reserveCapacity(people.count)
        for (index, slot) in people.enumerated() where slot.new >= 0 {
            if let mail = snapshot.people[Int(slot.new)].mail, !mail.isEmpty {
                entries.append((NameKey.of(mail), index))
            }
        }
        entries.sort { ($0.name, $0.slot) < ($1.name, $1.slot) }
        for (position, entry) in entries.enumerated() {
            let isShared =
                (position > 0 && entries[position - 1].name == entry.name)
                || (position + 1 < entries.count && entries[position + 1].name == entry.name)
            guard isShared || known.takenMails.contains(entry.name) else { continue }
            conflicts.append(SyncConflict(kind: .duplicateMail, key: snapshot.people[Int(people[entry.slot].new)].key))
        }
    }
}
