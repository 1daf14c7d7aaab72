import Foundation
import Identity
import Logging
import Providers
import Storage
import Synchronization
import Vocabulary

/// Brings a directory's people, groups and memberships into the store: fetch everything, plan, judge, apply.
///
/// One run at a time per provider. A run that fails before applying has changed nothing; one interrupted while applying
/// is finished by the next, because a plan is always the difference to what is there.
public struct SyncService: Sendable {
    let store: Store
    let live: LiveCredentials
    let standings: StandingCache
    let table: AuthorizationTable
    let claims: SyncClaims
    let tally = SyncTally()
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    init(
        store: Store, live: LiveCredentials, standings: StandingCache, table: AuthorizationTable,
        claims: SyncClaims = SyncClaims(), clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.live = live
        self.standings = standings
        self.table = table
        self.claims = claims
        self.clock = clock
        self.logger = logger
    }

    // MARK: Dry run

    /// What a run would do now, and what the guard would say. Writes nothing.
    ///
    /// - Throws: `directory.…` when the directory did not answer in full.
    public func plan(
        _ target: SyncTarget, onProgress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> SyncReport {
        let draft = try await draft(target, onProgress)
        return SyncReport(
            run: nil, state: nil, plan: draft.plan, roleEffect: draft.effect, holdReasons: draft.holdReasons,
            counts: SyncCounts(draft.plan, draft.effect))
    }

    /// A plan with everything that hangs on it.
    struct Draft: Sendable {
        let plan: SyncPlan
        let effect: RoleEffect
        let holdReasons: [HoldReason]
        let keys: SyncKeys
    }

    func draft(
        _ target: SyncTarget, _ onProgress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> Draft {
        onProgress(.fetching)
        let snapshot = try await target.source.snapshot()
        onProgress(.planning(people: snapshot.people.count, groups: snapshot.groups.count))
        let now = clock()
        let authorization = try? await table.snapshot(of: target.tenant)
        return try await store.read { [keys = store.keys] sql in
            let known = try sql.knownDirectory(
                of: target.provider, in: target.tenant, declared: target.source.attributeNames)
            let roles = try sql.roles(in: target.tenant)
            let hierarchy = GrantRule(roles: roles)
            let comparison = try SyncComparison(snapshot: snapshot, known: known)
            var plan = comparison.plan(settings: SyncSettings(graceSeconds: target.graceSeconds), now: now)
            var effect = comparison.roleEffect(
                MappingEvaluator(try sql.roleMappings(in: target.tenant)), hierarchy: hierarchy)
            var unresolved = 0
            if let authorization {
                let view = GovernedView(sql: sql, tenant: target.tenant, keys: keys, now: now)
                let verdict = try SyncDuties(view: view, authorization: authorization, snapshot: snapshot)
                    .judge(plan, effect)
                (plan, effect, unresolved) = (verdict.plan, verdict.effect, verdict.unresolved)
            }
            let verdict = SyncGuard.judge(
                plan: plan,
                known: KnownCounts(
                    people: known.people.count { $0.status == .active }, memberships: known.memberships.count),
                roleEffect: effect,
                protectedRoles: try Self.protectedRoles(target, roles, hierarchy, sql, now: now),
                limits: target.limits)
            var reasons = if case .hold(let reasons) = verdict { reasons } else { [HoldReason]() }
            if unresolved > 0 { reasons.append(.separationOfDuties(count: unresolved)) }
            return Draft(plan: plan, effect: effect, holdReasons: reasons, keys: SyncKeys(known, plan))
        }
    }
}

/// Which providers have a run now, and what a run that is going on knows.
final class SyncClaims: Sendable {
    private let running = Mutex<Set<ProviderID>>([])

    func claim(_ provider: ProviderID) -> Bool { running.withLock { $0.insert(provider).inserted } }
    func release(_ provider: ProviderID) { _ = running.withLock { $0.remove(provider) } }
}

/// Upstream keys to the ids they stand for, of one run. Used by one body at the writer at a time.
final class SyncKeys: Sendable {
    private struct Memory {
        var people: [String: PersonID] = [:]
        var groups: [String: GroupID] = [:]
        /// People whose change was carried out before its turn, because somebody needed their login.
        var early: Set<PersonID> = []
    }

    private let memory = Mutex(Memory())

    /// People whose login the plan changes, with that change.
    let moving: [PersonID: Identity.PersonChange]

    init(_ plan: SyncPlan) { moving = Self.moving(plan) }

    private static func moving(_ plan: SyncPlan) -> [PersonID: Identity.PersonChange] {
        Dictionary(
            plan.people.compactMap { change in
                change.attributes.contains("login") ? change.id.map { ($0, change) } : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    init(_ known: KnownDirectory, _ plan: SyncPlan) {
        moving = Self.moving(plan)
        memory.withLock { memory in
            memory.people.reserveCapacity(known.people.count)
            for person in known.people { memory.people[person.record.key] = person.id }
            for group in known.groups { memory.groups[group.record.key] = group.id }
        }
    }

    func person(_ key: String, _ provider: ProviderID, _ sql: any SQLConnection) throws -> PersonID? {
        if let known = memory.withLock({ $0.people[key] }) { return known }
        guard let found = try sql.personID(of: key, provider: provider) else { return nil }
        memory.withLock { $0.people[key] = found }
        return found
    }

    func group(_ key: String, _ provider: ProviderID, _ sql: any SQLConnection) throws -> GroupID? {
        if let known = memory.withLock({ $0.groups[key] }) { return known }
        guard let found = try sql.groupID(of: key, provider: provider) else { return nil }
        memory.withLock { $0.groups[key] = found }
        return found
    }

    func noteEarly(_ person: PersonID) { _ = memory.withLock { $0.early.insert(person) } }
    func takeEarly(_ person: PersonID) -> Bool { memory.withLock { $0.early.remove(person) != nil } }
    func note(_ key: String, _ person: PersonID) { memory.withLock { $0.people[key] = person } }
    func note(_ key: String, _ group: GroupID) { memory.withLock { $0.groups[key] = group } }
}
