import Identity
import Storage
import Vocabulary

/// One change of a directory job's plan as people read it: with names in place of keys, as far as there are any.
public struct SyncChange: Sendable, Hashable {
    /// What it is about, as a stable word.
    public enum Kind: String, Sendable, CaseIterable {
        case role, person, group, membership, nesting, conflict, warning
    }

    public let kind: Kind
    /// `gained` or `lost`; what happens to a person or group (`leave`, `rename` …); what is wrong.
    public let change: String
    /// The upstream key of the person, or of the group where no person is concerned.
    public let key: String
    /// Nil for somebody or some group that is not here yet.
    public internal(set) var person: PersonID?
    public internal(set) var login: String?
    public internal(set) var name: String?
    /// The group's key and name, where there is another subject.
    public internal(set) var groupKey: String?
    public internal(set) var group: String?
    public internal(set) var role: String?
    public internal(set) var attributes: [String] = []
    public internal(set) var count: Int?
    public internal(set) var deleteAfter: Timestamp?

    init(_ kind: Kind, _ change: String, _ key: String) {
        (self.kind, self.change, self.key) = (kind, change, key)
    }
}

/// A plan as one list: what it does to access first, then people, groups, memberships, and what was odd.
struct SyncChangeList {
    private let held: HeldPlan

    init(_ held: HeldPlan) { self.held = held }

    private var sections: [(count: Int, change: (Int) -> SyncChange)] {
        let plan = held.plan
        return [
            roles(held.rolesLost, "lost"), roles(held.rolesGained, "gained"),
            (plan.people.count, { Self.change(plan.people[$0]) }),
            (plan.groups.count, { SyncChange(.group, plan.groups[$0].kind.rawValue, plan.groups[$0].key) }),
            members(plan.membershipsLost, .membership, "lost"), members(plan.membershipsGained, .membership, "gained"),
            members(plan.nestingsLost, .nesting, "lost"), members(plan.nestingsGained, .nesting, "gained"),
            (plan.conflicts.count, { SyncChange(.conflict, plan.conflicts[$0].kind.rawValue, plan.conflicts[$0].key) }),
            (plan.warnings.count, { Self.change(plan.warnings[$0]) }),
        ]
    }

    /// How many there are.
    var count: Int { sections.reduce(0) { $0 + $1.count } }

    /// At most `limit` of them from `start` on, without the names of what is in the store.
    func slice(from start: Int, limit: Int) -> [SyncChange] {
        var (found, skipped): ([SyncChange], Int) = ([], 0)
        for section in sections {
            let first = min(max(0, start - skipped), section.count)
            found += (first..<min(section.count, first + limit - found.count)).map(section.change)
            skipped += section.count
            if found.count == limit { break }
        }
        return found
    }

    /// The first of each sort, at most so many of one: a long list hides no other.
    func beginnings(ofEach limit: Int) -> [SyncChange] {
        sections.flatMap { section in (0..<min(limit, section.count)).map(section.change) }
    }

    private func roles(_ list: [RoleChange], _ word: String) -> (Int, (Int) -> SyncChange) {
        (
            list.count,
            {
                var change = SyncChange(.role, word, list[$0].key)
                change.person = list[$0].person
                change.role = list[$0].role.description
                return change
            }
        )
    }

    private func members(
        _ list: [MembershipChange], _ kind: SyncChange.Kind, _ word: String
    ) -> (Int, (Int) -> SyncChange) {
        (
            list.count,
            {
                var change = SyncChange(kind, word, list[$0].member)
                change.groupKey = list[$0].group
                return change
            }
        )
    }

    private static func change(_ person: Identity.PersonChange) -> SyncChange {
        var change = SyncChange(.person, person.kind.rawValue, person.key)
        change.person = person.id
        change.attributes = person.attributes
        change.deleteAfter = person.deleteAfter
        return change
    }

    private static func change(_ warning: SyncWarning) -> SyncChange {
        var change = SyncChange(.warning, warning.kind.rawValue, warning.key)
        change.count = warning.count
        return change
    }
}

/// The names behind the keys of one page of changes: those of the plan, or else those that stand here, so that leavers
/// have names too.
struct SyncChangeNames {
    private let provider: ProviderID
    private let tenant: TenantID
    private let people: [String: PersonRecord]
    private let groups: [String: GroupRecord]
    private let roles: [String: String]
    private let sql: any SQLConnection

    init(_ plan: SyncPlan, for changes: [SyncChange], in tenant: TenantID, _ sql: any SQLConnection) throws {
        (provider, self.tenant, self.sql) = (plan.provider, tenant, sql)
        let wanted = Set(changes.map(\.key) + changes.compactMap(\.groupKey))
        people = Dictionary(
            plan.people.compactMap { change in
                wanted.contains(change.key) ? change.record.map { (change.key, $0) } : nil
            }, uniquingKeysWith: { first, _ in first })
        groups = Dictionary(
            plan.groups.compactMap { change in
                wanted.contains(change.key) ? change.record.map { (change.key, $0) } : nil
            }, uniquingKeysWith: { first, _ in first })
        roles = Dictionary(
            try sql.roles(in: tenant).map { ($0.id.description, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    func named(_ change: SyncChange) throws -> SyncChange {
        var change = change
        switch change.kind {
        case .role, .person, .membership, .conflict: try name(personOf: &change)
        case .group, .nesting, .warning: change.name = try group(change.key)
        }
        if let key = change.groupKey { change.group = try group(key) }
        if let role = change.role { change.role = roles[role] ?? role }
        return change
    }

    private func name(personOf change: inout SyncChange) throws {
        if change.person == nil { change.person = try sql.personID(of: change.key, provider: provider) }
        let present = try change.person.flatMap { try sql.person($0, in: tenant) }
        let record = people[change.key]
        // Who it is today; what the directory calls them next is among the attributes.
        change.login = present?.login ?? record?.login
        change.name = present?.displayName ?? record?.displayName
    }

    private func group(_ key: String) throws -> String? {
        if let id = try sql.groupID(of: key, provider: provider), let group = try sql.group(id, in: tenant) {
            return group.name
        }
        return groups[key]?.name
    }
}

extension SyncService {
    /// Most changes that one page has, and a report of each sort.
    public static let changeLimit = 1_000

    private func named(
        _ changes: [SyncChange], of plan: SyncPlan, in tenant: TenantID
    ) async throws -> [SyncChange] {
        try await store.read { sql in
            let names = try SyncChangeNames(plan, for: changes, in: tenant, sql)
            return try changes.map(names.named)
        }
    }

    /// A page of what a run that is held would do; nothing for one that is not held.
    ///
    /// - Throws: `not_found`; `keys.refused` or `storage.corrupt` where the plan cannot be opened.
    public func changes(
        ofHeld run: SyncRunID, in tenant: TenantID, from start: Int = 0, limit: Int
    ) async throws -> (changes: [SyncChange], total: Int) {
        let (row, held) = try await show(run, in: tenant)
        guard row.state == .held, let held else { return ([], 0) }
        let list = SyncChangeList(held)
        let slice = list.slice(from: start, limit: min(limit, Self.changeLimit))
        return (try await named(slice, of: held.plan, in: tenant), list.count)
    }

    /// The first changes of each sort of a plan that was just made, and how many there are in all.
    public func changes(of report: SyncReport, in tenant: TenantID) async throws -> (changes: [SyncChange], total: Int)
    {
        let list = SyncChangeList(HeldPlan(report))
        let first = list.beginnings(ofEach: Self.changeLimit)
        return (try await named(first, of: report.plan, in: tenant), list.count)
    }
}

extension HeldPlan {
    init(_ report: SyncReport) {
        self.init(report.plan, rolesGained: report.roleEffect.gained, rolesLost: report.roleEffect.lost)
    }
}
