import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Judges a directory job's plan as a whole before any of it is applied: each person by what they would hold in the end,
/// so that entitlements that belong together can begin together. Memberships that would break a rule of separation of
/// duties are held back, the rest goes on.
struct SyncDuties {
    let view: GovernedView
    let authorization: TenantAuthorization
    let snapshot: DirectorySnapshot

    /// What is left of a plan.
    struct Verdict {
        var plan: SyncPlan
        var effect: RoleEffect
        /// People whose breach holding back memberships does not prevent: the plan waits for an administrator.
        var unresolved = 0
    }

    /// Roles that a person must not gain, by upstream key.
    private typealias Conflicts = [String: Set<RoleID>]

    func judge(_ plan: SyncPlan, _ effect: RoleEffect) throws -> Verdict {
        let conflicts = try conflicts(of: effect)
        guard !conflicts.isEmpty else { return Verdict(plan: plan, effect: effect) }
        let paths = GroupPaths(snapshot, authorization)
        var held: Set<MembershipChange> = []
        for change in plan.membershipsGained {
            guard let roles = conflicts[change.member], paths.leads(change.group, to: roles) else { continue }
            held.insert(change)
        }
        let unresolved = unresolved(conflicts, held, paths)
        return Verdict(
            plan: plan.holding(held, of: conflicts.keys.sorted()),
            effect: effect.without(conflicts.filter { !unresolved.contains($0.key) }), unresolved: unresolved.count)
    }

    // MARK: Who would break a rule

    private func conflicts(of effect: RoleEffect) throws -> Conflicts {
        let bound = try view.entitlements(of: Set(effect.gained.map(\.role)))
        let named = bound.values.reduce(into: Set<EntitlementID>()) { $0.formUnion($1) }
        let rules = try view.duties(naming: named, for: [])
        guard !rules.rules.isEmpty else { return [:] }
        let lost = Dictionary(grouping: effect.lost, by: \.key)
        var conflicts: Conflicts = [:]
        for (key, gained) in Dictionary(grouping: effect.gained, by: \.key) {
            let subject = gained.first?.person.map(Subject.person)
            let held = try subject.map { try self.held(by: $0, without: Set((lost[key] ?? []).map(\.role))) } ?? []
            let added = gained.reduce(into: Set<EntitlementID>()) { $0.formUnion(bound[$1.role] ?? []) }
            var found = rules.validatePreventive(adding: added, to: held, at: view.now).violations
            if let subject, !found.isEmpty {
                found = try view.duties(naming: added, for: [subject])
                    .validatePreventive(adding: added, to: held, for: subject, at: view.now).violations
            }
            let wrong = Set(found.flatMap(\.conflictingEntitlements))
            guard !wrong.isEmpty else { continue }
            conflicts[key] = Set(gained.map(\.role).filter { !(bound[$0] ?? []).isDisjoint(with: wrong) })
        }
        return conflicts
    }

    /// What somebody holds once these roles are gone that came through this provider's mappings.
    private func held(by subject: Subject, without lost: Set<RoleID>) throws -> Set<EntitlementID> {
        let direct = try view.sql.assignments(of: subject).filter { $0.expiresAt.map { view.now < $0 } ?? true }
        let roles = try HeldRoles.of(subject, authorization, view.sql, now: view.now).subtracting(lost)
            .union(authorization.rules.closure(of: direct.map(\.role)))
        return try view.catalog(of: subject, roles: roles).effective(subject, roles, view.now)
    }

    // MARK: Whose breach comes another way

    private func unresolved(
        _ conflicts: Conflicts, _ held: Set<MembershipChange>, _ paths: GroupPaths
    ) -> Set<String> {
        var found = Set(conflicts.filter { paths.givesByAttribute($0.value) }.keys)
        for pair in snapshot.memberships {
            let key = snapshot.people[Int(pair.member)].key
            guard let roles = conflicts[key] else { continue }
            let group = snapshot.groups[Int(pair.group)].key
            guard !held.contains(MembershipChange(group: group, member: key)) else { continue }
            if paths.leads(group, to: roles) { found.insert(key) }
        }
        return found
    }
}

/// Which roles lead from a directory's groups, by its nestings and the tenant's mappings.
private struct GroupPaths {
    private let provider: ProviderID
    private let mappings: [RoleMapping]
    private let roles: GrantRule
    private let parents: [String: [String]]

    init(_ snapshot: DirectorySnapshot, _ authorization: TenantAuthorization) {
        provider = snapshot.provider
        mappings = authorization.mappings.mappings.filter { $0.provider == snapshot.provider }
        roles = authorization.rules
        parents = Dictionary(
            snapshot.nestings.map { (snapshot.groups[Int($0.member)].key, [snapshot.groups[Int($0.group)].key]) },
            uniquingKeysWith: +)
    }

    /// Whether being in a group gives one of these roles.
    func leads(_ group: String, to wanted: Set<RoleID>) -> Bool {
        var (reached, queue): (Set<String>, [String]) = ([group], [group])
        while let next = queue.popLast() {
            for parent in parents[next] ?? [] where reached.insert(parent).inserted { queue.append(parent) }
        }
        return mappings.contains { mapping in
            guard case .group(let key) = mapping.match, reached.contains(key) else { return false }
            return !roles.closure(of: [mapping.role]).isDisjoint(with: wanted)
        }
    }

    /// Whether some attribute gives one of these roles.
    func givesByAttribute(_ wanted: Set<RoleID>) -> Bool {
        mappings.contains { mapping in
            guard case .attribute = mapping.match else { return false }
            return !roles.closure(of: [mapping.role]).isDisjoint(with: wanted)
        }
    }
}

extension SyncPlan {
    /// The same without memberships that are held back, and with the people they would have been of.
    fileprivate func holding(_ held: Set<MembershipChange>, of people: [String]) -> SyncPlan {
        SyncPlan(
            provider: provider, madeAt: madeAt, people: self.people, groups: groups, membershipsLost: membershipsLost,
            membershipsGained: membershipsGained.filter { !held.contains($0) }, nestingsLost: nestingsLost,
            nestingsGained: nestingsGained,
            conflicts: conflicts + people.map { SyncConflict(kind: .separationOfDuties, key: $0) }, warnings: warnings,
            answeredPeople: answeredPeople, answeredGroups: answeredGroups)
    }
}

extension RoleEffect {
    /// The same without roles that these people do not gain after all.
    fileprivate func without(_ kept: [String: Set<RoleID>]) -> RoleEffect {
        let (gained, fewer) = (
            gained.filter { !(kept[$0.key]?.contains($0.role) ?? false) },
            Dictionary(
                gained.filter { kept[$0.key]?.contains($0.role) ?? false }.map { ($0.role, 1) }, uniquingKeysWith: +)
        )
        let after = holdersAfter.merging(fewer) { $0 - $1 }.filter { $0.value > 0 }
        return RoleEffect(gained: gained, lost: lost, holdersBefore: holdersBefore, holdersAfter: after)
    }
}
