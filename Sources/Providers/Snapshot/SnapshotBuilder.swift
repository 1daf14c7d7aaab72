import Identity
import LDAP
import Vocabulary

/// Gathers entries page by page into a snapshot: people first, then groups, whose members are positions from then on.
/// Names live only while it works; what stays are records and pairs of integers.
struct SnapshotBuilder {
    private let settings: LDAPDirectorySettings
    private let reader: AttributeReader
    private let now: Timestamp

    private var people: [PersonRecord] = []
    private var groups: [GroupRecord] = []
    private var memberships: [IndexPair] = []
    private var nestings: [IndexPair] = []
    private var dangling: [Int32: Int] = [:]
    /// Folded DN, or folded login where groups list logins, to position.
    private var personPositions: [String: Int32] = [:]
    private var groupPositions: [String: Int32] = [:]
    /// Members that are no person: groups not read yet, or nobody.
    private var unresolved: [(group: Int32, member: String)] = []
    private var primaryGroups = PrimaryGroups()
    /// Folded DN to position, and who names whom as their manager; empty where managers are not read.
    private var entries: [String: Int32] = [:]
    private var managers: [(person: Int32, name: String)] = []

    init(_ settings: LDAPDirectorySettings, _ reader: AttributeReader, now: Timestamp) {
        self.settings = settings
        self.reader = reader
        self.now = now
    }

    private var listsLogins: Bool { settings.groups?.memberAttribute == .memberUid }

    mutating func add(people page: [LDAPEntry]) {
        for entry in page {
            let position = Int32(people.count)
            let record = reader.record(entry, now: now)
            people.append(record)
            if reader.readsManagers { note(entry, at: position) }
            guard settings.groups != nil else { continue }
            if let name = listsLogins ? NameKey.of(record.login) : FoldedName.of(entry.dn) {
                // Two entries with one login: the first counts, as in the plan's report of the conflict.
                if personPositions[name] == nil { personPositions[name] = position }
            }
            primaryGroups.add(person: position, entry)
        }
    }

    private mutating func note(_ entry: LDAPEntry, at position: Int32) {
        if let name = FoldedName.of(entry.dn) { entries[name] = position }
        if let name = reader.manager(of: entry).flatMap(FoldedName.of) { managers.append((position, name)) }
    }

    mutating func add(groups page: [LDAPEntry]) {
        guard let settings = settings.groups else { return }
        for entry in page {
            let position = Int32(groups.count)
            groups.append(
                GroupRecord(
                    key: UpstreamKey.text(of: entry) ?? "", name: entry[settings.nameAttribute] ?? entry.dn,
                    upstreamName: entry.dn))
            if settings.isNested, let name = FoldedName.of(entry.dn) { groupPositions[name] = position }
            primaryGroups.add(group: position, entry)
            // groupOfNames demands a member (RFC 4519 §3.5): the empty name is how an empty group is written.
            for member in entry.strings(settings.memberAttribute.rawValue) where !member.isEmpty {
                add(member, to: position)
            }
        }
    }

    private mutating func add(_ member: String, to group: Int32) {
        guard let name = listsLogins ? NameKey.of(member) : FoldedName.of(member) else {
            dangling[group, default: 0] += 1
            return
        }
        if let person = personPositions[name] {
            memberships.append(IndexPair(group: group, member: person))
        } else {
            unresolved.append((group, name))
        }
    }

    consuming func finish() -> DirectorySnapshot {
        for (group, member) in unresolved {
            if let child = groupPositions[member] {
                nestings.append(IndexPair(group: group, member: child))
            } else {
                dangling[group, default: 0] += 1
            }
        }
        memberships += primaryGroups.memberships
        // Nobody manages themselves, and an entry outside the answer is nobody here.
        for (person, name) in managers {
            guard let manager = entries[name], manager != person else { continue }
            people[Int(person)].manager = people[Int(manager)].key
        }
        let counts = dangling.map { (group: $0.key, count: $0.value) }.sorted { $0.group < $1.group }
        return DirectorySnapshot(
            provider: settings.provider, described: reader.described, people: people, groups: groups,
            memberships: memberships, nestings: nestings, dangling: counts)
    }
}

/// Active Directory leaves a person's primary group out of its `member` values: it is named by `primaryGroupID`, the
/// last number of the group's SID in the person's own domain (MS-ADTS §3.1.1.1.3).
struct PrimaryGroups {
    private var groupOfSID: [[UInt8]: Int32] = [:]
    private var wanted: [(person: Int32, sid: [UInt8])] = []

    mutating func add(person: Int32, _ entry: LDAPEntry) {
        if let sid = Self.groupSID(of: entry) { wanted.append((person, sid)) }
    }

    mutating func add(group: Int32, _ entry: LDAPEntry) {
        if let sid = entry.values("objectsid").first { groupOfSID[sid] = group }
    }

    var memberships: [IndexPair] {
        wanted.compactMap { entry in
            groupOfSID[entry.sid].map { IndexPair(group: $0, member: entry.person) }
        }
    }

    /// The SID of a person's primary group; nil where the entry has none.
    static func groupSID(of entry: LDAPEntry) -> [UInt8]? {
        guard let number = entry["primarygroupid"].flatMap({ UInt32($0) }), let sid = entry.values("objectsid").first,
            sid.count >= 12, sid.count == 8 + 4 * Int(sid[1])
        else { return nil }
        return Array(sid.dropLast(4)) + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
