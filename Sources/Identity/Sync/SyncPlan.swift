import Vocabulary

/// One change to a person. `id` and `version` are those of the row the plan was made on; nil for a new person.
public struct PersonChange: Sendable, Hashable, Codable {
    /// What happens to a person, as a stable word in plans and reports; in the order a run applies them.
    public enum Kind: String, Sendable, Codable, CaseIterable, Hashable {
        /// Gone from the directory: disabled, sessions ended, kept until `deleteAfter`.
        case leave
        /// Still there, and disabled there.
        case suspend
        /// A leaver whose grace period is over.
        case delete
        /// Enabled again in the directory.
        case resume
        /// A leaver whose key reappeared: the same account again.
        case restore
        /// Attributes other than the login changed.
        case change
        /// The login changed, perhaps others with it.
        case rename
        case add
    }

    public let kind: Kind
    public let key: String
    public let id: PersonID?
    public let version: Int64?
    /// What the directory says now; nil for `leave` and `delete`.
    public let record: PersonRecord?
    /// The attributes to write, sorted: built-in names and `attributes.<name>`.
    public let attributes: [String]
    public let deleteAfter: Timestamp?
    /// Where the person stands by the directory; nil for nowhere, and where it does not say.
    public var organizationUnit: OrganizationUnitID?
}

/// One change to a group.
public struct GroupChange: Sendable, Hashable, Codable {
    /// What happens to a group; one that is removed loses its members with it.
    public enum Kind: String, Sendable, Codable, CaseIterable, Hashable { case remove, add, rename, change }

    public let kind: Kind
    public let key: String
    public let id: GroupID?
    public let version: Int64?
    public let record: GroupRecord?
}

/// A membership or nesting, by upstream keys: (group, person) or (parent, child).
public struct MembershipChange: Sendable, Hashable, Codable {
    public let group: String
    public let member: String

    public init(group: String, member: String) {
        self.group = group
        self.member = member
    }
}

/// Something about one person that could not be carried out, or needs a look. Never a failed run.
public struct SyncConflict: Sendable, Hashable, Codable {
    /// What two entries of the directory, or an entry and a person of ours, cannot both have.
    public enum Kind: String, Sendable, Codable, CaseIterable, Hashable {
        /// Somebody else has this login: a new person is left out, a known one keeps the old login.
        case duplicateLogin = "duplicate_login"
        /// Somebody else has this address. Both are imported.
        case duplicateMail = "duplicate_mail"
        /// Two entries claim one immutable key; the first in order of login counts.
        case duplicateKey = "duplicate_key"
        /// A malformed key: the entry is left out. A malformed login: a new person is left out, a known one keeps the
        /// old.
        case malformed
        /// What the person would hold breaks a rule of separation of duties: memberships that lead there are held back.
        case separationOfDuties = "separation_of_duties"
    }

    public let kind: Kind
    public let key: String

    /// What is wrong with one person, by upstream key.
    public init(kind: Kind, key: String) { (self.kind, self.key) = (kind, key) }
}

/// Something odd in the directory that stops no run.
public struct SyncWarning: Sendable, Hashable, Codable {
    /// What was odd, as a stable word in reports.
    public enum Kind: String, Sendable, Codable, CaseIterable, Hashable {
        /// The group names members that are not in the answer.
        case danglingMembers = "dangling_members"
        /// The group lies, directly or not, within itself.
        case nestingCycle = "nesting_cycle"
        /// Two groups claim one key, or a key is malformed; the entry is left out.
        case malformedGroup = "malformed_group"
        /// People are said to be in an organization unit that is not there, or whose name several have.
        case unknownUnit = "unknown_unit"
    }

    public let kind: Kind
    /// The group's key, or what the unit was called.
    public let key: String
    public let count: Int
}

/// What a plan is made by, besides the directory and what is stored.
public struct SyncSettings: Sendable, Hashable, Codable {
    /// How long a leaver is kept.
    public let graceSeconds: Int64

    public init(graceSeconds: Int64 = 30 * 86_400) { self.graceSeconds = max(0, graceSeconds) }
}

/// What a directory job would do, as a value: printed by a dry run, judged by the guard, applied in chunks. People are
/// in the order of `PersonOrder` and of upstream key within it, everything else in order of upstream key; people and
/// groups that did not change do not appear.
public struct SyncPlan: Sendable, Hashable, Codable {
    public let provider: ProviderID
    public let madeAt: Timestamp
    public let people: [PersonChange]
    public let groups: [GroupChange]
    public let membershipsLost: [MembershipChange]
    public let membershipsGained: [MembershipChange]
    public let nestingsLost: [MembershipChange]
    public let nestingsGained: [MembershipChange]
    public let conflicts: [SyncConflict]
    public let warnings: [SyncWarning]
    /// How much the directory answered with.
    public let answeredPeople: Int
    public let answeredGroups: Int

    /// A plan put together from parts that were kept; a new one is made by `make`.
    public init(
        provider: ProviderID, madeAt: Timestamp, people: [PersonChange], groups: [GroupChange],
        membershipsLost: [MembershipChange], membershipsGained: [MembershipChange], nestingsLost: [MembershipChange],
        nestingsGained: [MembershipChange], conflicts: [SyncConflict], warnings: [SyncWarning], answeredPeople: Int,
        answeredGroups: Int
    ) {
        self.provider = provider
        self.madeAt = madeAt
        self.people = people
        self.groups = groups
        self.membershipsLost = membershipsLost
        self.membershipsGained = membershipsGained
        self.nestingsLost = nestingsLost
        self.nestingsGained = nestingsGained
        self.conflicts = conflicts
        self.warnings = warnings
        self.answeredPeople = answeredPeople
        self.answeredGroups = answeredGroups
    }

    /// Compares what the directory said with what is stored. Pure; the same inputs give the same plan and digest.
    public static func make(
        snapshot: DirectorySnapshot, known: KnownDirectory, settings: SyncSettings = SyncSettings(), now: Timestamp
    ) throws -> SyncPlan {
        try SyncComparison(snapshot: snapshot, known: known).plan(settings: settings, now: now)
    }

    /// Whether it gives anybody something they did not have: what becomes visible in one switch.
    public var grants: Bool {
        !membershipsGained.isEmpty || !nestingsGained.isEmpty
            || people.contains { [.add, .resume, .restore].contains($0.kind) }
    }

    /// Whether applying it writes nothing.
    public var isEmpty: Bool { stepCount == 0 }

    /// How many people change in this way.
    public func count(_ kind: PersonChange.Kind) -> Int { people.reduce(0) { $0 + ($1.kind == kind ? 1 : 0) } }

    /// How many groups change in this way.
    public func groupCount(_ kind: GroupChange.Kind) -> Int { groups.reduce(0) { $0 + ($1.kind == kind ? 1 : 0) } }
}
