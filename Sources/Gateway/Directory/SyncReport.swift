import Identity
import Storage
import Vocabulary

/// How much a plan changes, in numbers: what a run's row keeps.
public struct SyncCounts: Sendable, Hashable, Codable {
    /// By kind of change (`add`, `leave` …); kinds that do not occur are left out.
    public var people: [String: Int] = [:]
    public var groups: [String: Int] = [:]
    public var membershipsLost = 0
    public var membershipsGained = 0
    public var nestingsLost = 0
    public var nestingsGained = 0
    public var rolesLost = 0
    public var rolesGained = 0
    public var conflicts = 0
    public var warnings = 0
    public var answeredPeople = 0
    public var answeredGroups = 0
    /// Changes written.
    public var applied = 0
    /// Changes left out because the row had moved on since it was read, or belongs to somebody else.
    public var skipped = 0

    /// The names that the API shows.
    private enum CodingKeys: String, CodingKey {
        case people, groups, conflicts, warnings, applied, skipped
        case membershipsLost = "memberships_lost"
        case membershipsGained = "memberships_gained"
        case nestingsLost = "nestings_lost"
        case nestingsGained = "nestings_gained"
        case rolesLost = "roles_lost"
        case rolesGained = "roles_gained"
        case answeredPeople = "answered_people"
        case answeredGroups = "answered_groups"
    }

    init() {}

    init(_ plan: SyncPlan, _ effect: RoleEffect) {
        for change in plan.people { people[change.kind.rawValue, default: 0] += 1 }
        for change in plan.groups { groups[change.kind.rawValue, default: 0] += 1 }
        membershipsLost = plan.membershipsLost.count
        membershipsGained = plan.membershipsGained.count
        nestingsLost = plan.nestingsLost.count
        nestingsGained = plan.nestingsGained.count
        rolesLost = effect.lost.count
        rolesGained = effect.gained.count
        conflicts = plan.conflicts.count
        warnings = plan.warnings.count
        answeredPeople = plan.answeredPeople
        answeredGroups = plan.answeredGroups
    }

    var facts: [Fact] {
        func fact(_ name: String, _ value: Int) -> Fact { Fact(name, .integer(Int64(value))) }
        return people.sorted { $0.key < $1.key }.map { fact("people_\($0.key)", $0.value) }
            + groups.sorted { $0.key < $1.key }.map { fact("groups_\($0.key)", $0.value) }
            + [
                fact("memberships_lost", membershipsLost), fact("memberships_gained", membershipsGained),
                fact("roles_lost", rolesLost), fact("roles_gained", rolesGained),
            ]
    }
}

/// A plan with what it does to access and what the guard says about it: the whole of a dry run.
public struct SyncReport: Sendable {
    /// Nil for a dry run.
    public let run: SyncRunID?
    /// Where the run ended up; nil for a dry run.
    public let state: SyncRunState?
    public let plan: SyncPlan
    public let roleEffect: RoleEffect
    /// Why the plan waits for an administrator, or would; empty when it may be applied.
    public let holdReasons: [HoldReason]
    public let counts: SyncCounts
}

/// How far a run has come.
public enum SyncProgress: Sendable, Hashable {
    case fetching
    case planning(people: Int, groups: Int)
    case applying(done: Int, of: Int)
}

extension SyncReport {
    /// `planned` for a dry run, else where the run ended up.
    public var stateWord: String { state?.rawValue ?? "planned" }
}
