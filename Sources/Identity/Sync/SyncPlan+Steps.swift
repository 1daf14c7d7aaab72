/// One row's worth of a plan.
public enum SyncStep: Sendable, Hashable {
    case person(PersonChange)
    case group(GroupChange)
    case membershipLost(MembershipChange)
    case membershipGained(MembershipChange)
    case nestingLost(MembershipChange)
    case nestingGained(MembershipChange)

    /// Whether it takes access away: such steps are effective at once, the others in one switch at the end.
    public var isRevocation: Bool {
        switch self {
        case .person(let change): change.kind.isRevocation
        case .group(let change): change.kind == .remove
        case .membershipLost, .nestingLost: true
        case .membershipGained, .nestingGained: false
        }
    }
}

extension SyncPlan {
    public var stepCount: Int {
        people.count + groups.count + membershipsLost.count + membershipsGained.count + nestingsLost.count
            + nestingsGained.count
    }

    /// Up to `limit` steps from `offset`, in the order of application: revocations first, then groups and people, then
    /// what hangs on them, and last what merely changes about people. The order is a function of the plan alone, so a
    /// run resumes at the offset it committed last.
    public func steps(from offset: Int, limit: Int) -> [SyncStep] {
        var skip = max(0, offset)
        var steps: [SyncStep] = []
        func take<C: Collection>(_ section: C, _ step: (C.Element) -> SyncStep) where C.Index == Int {
            guard steps.count < limit else { return }
            guard skip < section.count else { skip -= section.count; return }
            let start = section.startIndex + skip
            let end = start + min(section.endIndex - start, limit - steps.count)
            steps.append(contentsOf: section[start..<end].map(step))
            skip = 0
        }
        let revokedPeople = people.firstIndex { !$0.kind.isRevocation } ?? people.count
        let changedPeople = (people.lastIndex { $0.kind != .change } ?? -1) + 1
        let removedGroups = groups.firstIndex { $0.kind != .remove } ?? groups.count
        take(people[..<revokedPeople]) { .person($0) }
        take(membershipsLost) { .membershipLost($0) }
        take(nestingsLost) { .nestingLost($0) }
        take(groups[..<removedGroups]) { .group($0) }
        take(groups[removedGroups...]) { .group($0) }
        take(people[revokedPeople..<changedPeople]) { .person($0) }
        take(nestingsGained) { .nestingGained($0) }
        take(membershipsGained) { .membershipGained($0) }
        take(people[changedPeople...]) { .person($0) }
        return steps
    }
}
