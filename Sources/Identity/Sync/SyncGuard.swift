import Vocabulary

/// How much the store had before the run: what removals are measured against.
public struct KnownCounts: Sendable, Hashable, Codable {
    /// Active people only.
    public let people: Int
    public let memberships: Int

    public init(people: Int, memberships: Int) {
        self.people = people
        self.memberships = memberships
    }
}

/// A role whose last holder must not vanish by a directory job.
public struct ProtectedRole: Sendable, Hashable {
    public let role: RoleID
    /// Active people who hold it by other ways than this provider's mappings.
    public let otherHolders: Set<PersonID>

    public init(role: RoleID, otherHolders: Set<PersonID> = []) {
        self.role = role
        self.otherHolders = otherHolders
    }
}

/// Why a plan waits for a named administrator.
public enum HoldReason: Sendable, Hashable, Codable {
    case tooManyPeopleRemoved(count: Int, limit: Int)
    case tooManyMembershipsRemoved(count: Int, limit: Int)
    case protectedRoleEmptied(RoleID)
    /// The directory answered without error, and with nobody.
    case emptySource
    /// So many people would break a rule of separation of duties in another way than by a membership that could be held
    /// back.
    case separationOfDuties(count: Int)

    /// The word for facts, logs and the API.
    public var word: String { key.rawValue }

    /// Every such word.
    public static let words = CodingKeys.allCases.map(\.rawValue)

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case tooManyPeopleRemoved = "too_many_people_removed"
        case tooManyMembershipsRemoved = "too_many_memberships_removed"
        case protectedRoleEmptied = "protected_role_emptied"
        case emptySource = "empty_source"
        case separationOfDuties = "separation_of_duties"
    }

    private enum ProtectedRoleEmptiedCodingKeys: String, CodingKey { case _0 = "role" }

    private var key: CodingKeys {
        switch self {
        case .tooManyPeopleRemoved: .tooManyPeopleRemoved
        case .tooManyMembershipsRemoved: .tooManyMembershipsRemoved
        case .protectedRoleEmptied: .protectedRoleEmptied
        case .emptySource: .emptySource
        case .separationOfDuties: .separationOfDuties
        }
    }

    /// For people, with the name of the role where one is concerned.
    public func sentence(roleNames: [RoleID: String]) -> String {
        switch self {
        case .tooManyPeopleRemoved(let count, let limit): "More people would go (\(count)) than may (\(limit))."
        case .tooManyMembershipsRemoved(let count, let limit):
            "More memberships would go (\(count)) than may (\(limit))."
        case .protectedRoleEmptied(let role): "Nobody would hold the role \(roleNames[role] ?? role.description)."
        case .emptySource: "The directory answered with nobody."
        case .separationOfDuties(let count): "People would hold what separation of duties keeps apart (\(count))."
        }
    }
}

/// Whether a run's plan is applied, or held with every reason for a named administrator to see.
public enum SyncVerdict: Sendable, Hashable {
    case apply
    case hold([HoldReason])
}

/// How many removals are let through without a named administrator: `count`, or `percent` of what there was, whichever
/// is more.
public struct RemovalLimits: Sendable, Hashable, Codable {
    public let count: Int
    public let percent: Int

    public init(count: Int = 10, percent: Int = 5) {
        self.count = max(0, count)
        self.percent = min(100, max(0, percent))
    }

    /// More removals than this are held.
    public func limit(of total: Int) -> Int { max(count, total / 100 * percent + total % 100 * percent / 100) }
}

/// The last defence against an answer that is short without saying so.
public enum SyncGuard {
    /// More removals than this are held by default: ten, or one in twenty of what there was, whichever is more.
    public static func limit(of count: Int) -> Int { RemovalLimits().limit(of: count) }

    /// Holds a plan that removes more than the limits, empties a protected role, or comes of a directory that answered
    /// with nobody.
    public static func judge(
        plan: SyncPlan, known: KnownCounts, roleEffect: RoleEffect, protectedRoles: [ProtectedRole],
        limits: RemovalLimits = RemovalLimits()
    ) -> SyncVerdict {
        var reasons: [HoldReason] = []
        if plan.answeredPeople == 0, known.people > 0 { reasons.append(.emptySource) }
        let people = plan.count(.leave) + plan.count(.suspend)
        if people > limits.limit(of: known.people) {
            reasons.append(.tooManyPeopleRemoved(count: people, limit: limits.limit(of: known.people)))
        }
        let memberships = plan.membershipsLost.count + plan.nestingsLost.count
        if memberships > limits.limit(of: known.memberships) {
            reasons.append(.tooManyMembershipsRemoved(count: memberships, limit: limits.limit(of: known.memberships)))
        }
        let gone = Set(plan.people.lazy.filter { $0.kind.isRevocation }.compactMap(\.id))
        for protected in protectedRoles.sorted(by: { $0.role < $1.role }) {
            let before = protected.otherHolders.count + roleEffect.holdersBefore[protected.role, default: 0]
            let after =
                protected.otherHolders.subtracting(gone).count
                + roleEffect.holdersAfter[protected.role, default: 0]
            if before > 0, after == 0 { reasons.append(.protectedRoleEmptied(protected.role)) }
        }
        return reasons.isEmpty ? .apply : .hold(reasons)
    }
}
