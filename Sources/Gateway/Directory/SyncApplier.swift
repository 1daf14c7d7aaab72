import Identity
import Storage
import Vocabulary

/// Writes steps of a plan, with their events, in one body at the writer.
struct SyncApplier: Sendable {
    /// Steps taken out of the plan at once, for as many bodies as they need.
    static let stepLimit = 4_000
    /// Members named in one event and written at once.
    static let memberLimit = 256

    let provider: ProviderID
    let keys: SyncKeys
    /// The switch that what is granted waits for; nil when the plan grants nothing.
    let grants: Int64?
    let live: LiveCredentials
    let standings: StandingCache

    struct Chunk: Sendable {
        /// Steps consumed.
        var done = 0
        var applied = 0
        var skipped = 0
        /// A group went, or left another one: everybody's roles may be fewer.
        var narrowsGroups = false

        mutating func note(_ wasApplied: Bool) {
            done += 1
            if wasApplied { applied += 1 } else { skipped += 1 }
        }
    }

    func apply(_ steps: ArraySlice<SyncStep>, of job: SyncService.Job, _ tx: Transaction) throws -> Chunk {
        let clock = ContinuousClock()
        var chunk = Chunk()
        while chunk.done < steps.count, chunk.done == 0 || clock.now < tx.workUntil {
            switch steps[steps.startIndex + chunk.done] {
            case .person(let change): chunk.note(try apply(change, of: job, tx))
            case .group(let change):
                let wasApplied = try apply(change, of: job, tx)
                if change.kind == .remove, wasApplied { chunk.narrowsGroups = true }
                chunk.note(wasApplied)
            case .membershipLost, .membershipGained, .nestingLost, .nestingGained:
                try applyMembers(steps.dropFirst(chunk.done), of: job, tx, &chunk)
            }
        }
        return chunk
    }

    // MARK: Memberships

    private enum List { case membershipLost, membershipGained, nestingLost, nestingGained }

    private func list(_ step: SyncStep) -> (List, MembershipChange)? {
        switch step {
        case .membershipLost(let change): (.membershipLost, change)
        case .membershipGained(let change): (.membershipGained, change)
        case .nestingLost(let change): (.nestingLost, change)
        case .nestingGained(let change): (.nestingGained, change)
        case .person, .group: nil
        }
    }

    /// Consecutive steps of one list and one group become one event.
    private func applyMembers(
        _ steps: ArraySlice<SyncStep>, of job: SyncService.Job, _ tx: Transaction, _ chunk: inout Chunk
    ) throws {
        guard let (kind, first) = list(steps[steps.startIndex]) else { return }
        var members: [String] = []
        for step in steps.prefix(Self.memberLimit) {
            guard let (other, change) = list(step), other == kind, change.group == first.group else { break }
            members.append(change.member)
        }
        chunk.done += members.count
        guard let group = try keys.group(first.group, provider, tx.sql) else {
            chunk.skipped += members.count
            return
        }
        // The rows go first, under the position their event will get, so that the event names exactly what changed.
        let position = try tx.position(of: job.row.tenant) + 1
        let changed = try members.compactMap { try write(kind, group, $0, at: position, job, tx) }
        chunk.applied += changed.count
        chunk.skipped += members.count - changed.count
        guard !changed.isEmpty else { return }
        if kind == .nestingLost { chunk.narrowsGroups = true }
        try tx.append(
            job.event(
                "group.members_changed", Stream("group", group), facts: [Fact(Self.fact(kind), .list(changed))]))
    }

    private static func fact(_ kind: List) -> String {
        switch kind {
        case .membershipLost: "lost"
        case .membershipGained: "gained"
        case .nestingLost: "groups_lost"
        case .nestingGained: "groups_gained"
        }
    }

    /// The member as a fact; nil when there was nothing to change.
    private func write(
        _ kind: List, _ group: GroupID, _ member: String, at position: Int64, _ job: SyncService.Job, _ tx: Transaction
    ) throws -> FactValue? {
        let tenant = job.row.tenant
        switch kind {
        case .membershipLost, .membershipGained:
            guard let person = try keys.person(member, provider, tx.sql) else { return nil }
            if kind == .membershipGained {
                guard
                    try tx.sql.insertMembership(person: person, group: group, at: position, pending: grants)
                else { return nil }
            } else {
                guard try tx.sql.closeMembership(person: person, group: group, at: position) else { return nil }
                tx.afterCommit { [standings] in standings.forget(.person(person), in: tenant) }
            }
            return .id(person, "person")
        case .nestingLost, .nestingGained:
            guard let child = try keys.group(member, provider, tx.sql) else { return nil }
            let nesting = GroupNesting(parent: group, child: child)
            let isChanged =
                kind == .nestingGained
                ? try tx.sql.openNesting(nesting, in: tenant, at: position, pending: grants)
                : try tx.sql.closeNesting(nesting, at: position)
            guard isChanged else { return nil }
            return .id(child, "group")
        }
    }

    // MARK: Groups

    private func apply(_ change: GroupChange, of job: SyncService.Job, _ tx: Transaction) throws -> Bool {
        switch change.kind {
        case .add: return try add(change, of: job, tx)
        case .remove: return try remove(change, of: job, tx)
        case .rename, .change:
            guard let record = change.record, let id = change.id, let version = change.version,
                var group = try tx.sql.group(id, in: job.row.tenant)
            else { return false }
            group.name = record.name
            group.upstreamName = record.upstreamName
            group.updatedAt = tx.now
            guard try tx.sql.update(group, expecting: version) else { return false }
            let type = change.kind == .rename ? "group.renamed" : "group.changed"
            try tx.append(job.event(type, Stream("group", id)))
            return true
        }
    }

    private func add(_ change: GroupChange, of job: SyncService.Job, _ tx: Transaction) throws -> Bool {
        guard let record = change.record, try tx.sql.groupID(of: change.key, provider: provider) == nil else {
            return false
        }
        let group = Group(
            id: GroupID.random(at: tx.now), tenant: job.row.tenant, name: record.name,
            upstream: UpstreamSubject(provider: provider, key: record.key), upstreamName: record.upstreamName,
            managedBy: .sync, createdAt: tx.now)
        try tx.append(
            job.event(
                "group.created", Stream("group", group.id), facts: [Fact("provider", .id(provider, "provider"))]))
        try tx.sql.insert(group)
        keys.note(record.key, group.id)
        return true
    }

    private func remove(_ change: GroupChange, of job: SyncService.Job, _ tx: Transaction) throws -> Bool {
        guard let id = change.id, let group = try tx.sql.group(id, in: job.row.tenant), group.version == change.version
        else { return false }
        let event = try tx.append(job.event("group.deleted", Stream("group", id)))
        return try tx.sql.deleteGroup(id, in: job.row.tenant, at: event.position)
    }
}
