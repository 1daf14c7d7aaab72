import Identity
import Vocabulary

/// A small directory that tests alter, and what the store would have after applying a plan of it.
struct SyncFixture {
    static let provider: ProviderID = id(500)
    var people: [PersonRecord]
    var groups: [GroupRecord] = []
    var memberships: [IndexPair] = []
    var nestings: [IndexPair] = []
    var dangling: [(group: Int32, count: Int)] = []

    init(people count: Int) {
        people = (0..<count).map { PersonRecord(key: Self.key($0), login: "user\($0)", mail: "user\($0)@x.example") }
    }

    static func key(_ number: Int) -> String {
        "p" + String(repeating: "0", count: 6 - String(number).count) + "\(number)"
    }

    mutating func addGroups(_ names: [String]) { groups += names.map { GroupRecord(key: "g-\($0)", name: $0) } }

    var snapshot: DirectorySnapshot {
        DirectorySnapshot(
            provider: Self.provider, people: people, groups: groups, memberships: memberships, nestings: nestings,
            dangling: dangling)
    }

    /// The rows after this directory was applied once.
    func known(
        statuses: [Int: PersonStatus] = [:], foreign: Set<String> = [], takenLogins: Set<String> = []
    ) -> KnownDirectory {
        KnownDirectory(
            provider: Self.provider,
            people: people.enumerated().map { index, record in
                KnownPerson(
                    id: id(UInt64(1_000 + index)), version: 7, status: statuses[index] ?? .active, record: record,
                    foreignAttributes: foreign)
            },
            groups: groups.enumerated().map { KnownGroup(id: id(UInt64(900_000 + $0)), version: 3, record: $1) },
            memberships: memberships, nestings: nestings, takenLogins: takenLogins)
    }

    func plan(over known: KnownDirectory, at now: Timestamp = start) throws -> SyncPlan {
        try SyncPlan.make(snapshot: snapshot, known: known, now: now)
    }
}

func pair(_ group: Int32, _ member: Int32) -> IndexPair { IndexPair(group: group, member: member) }
