import Foundation
import Identity
import Logging
import Storage
import Vocabulary

extension SyncService {
    /// Fetches, plans, judges, and applies or holds.
    ///
    /// - Parameter trigger: `manual` or `schedule`.
    /// - Throws: `sync.running` when this provider has a run already; `directory.…` when it did not answer in
    ///   full, with nothing changed; what the store throws. The run's row and the journal tell of each.
    public func run(
        _ target: SyncTarget, trigger: String, by caller: Caller,
        onProgress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> SyncReport {
        guard claims.claim(target.provider) else { throw Self.alreadyRunning }
        defer { claims.release(target.provider) }
        let start = ContinuousClock.now
        var job = try await begin(target, trigger, caller)
        do {
            let report = try await carryThrough(&job, target, onProgress)
            tally.count(report.state == .held ? .held : .done, of: target.provider, took: ContinuousClock.now - start)
            return report
        } catch {
            await fail(&job, error)
            tally.count(.failed, of: target.provider, took: ContinuousClock.now - start)
            throw error
        }
    }

    private func carryThrough(
        _ job: inout Job, _ target: SyncTarget, _ onProgress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> SyncReport {
        let draft = try await draft(target, onProgress)
        job.counts = SyncCounts(draft.plan, draft.effect)
        guard draft.holdReasons.isEmpty else { return try await hold(&job, draft) }
        return try await apply(&job, draft, onProgress)
    }

    static var alreadyRunning: Fault {
        Fault("sync.running", .caller, "A directory job of this provider is running.", remedy: "Wait until it is over.")
    }

    /// A run under way: its row, and in whose name its events are written.
    struct Job: Sendable {
        var row: StoredSyncRun
        let caller: Caller
        /// The event that started it: the cause of all others.
        var cause: EventID?
        var counts = SyncCounts()

        var stream: Storage.Stream { Storage.Stream("sync_run", row.id) }

        func event(_ type: String, _ stream: Storage.Stream, facts: [Fact] = [], sections: [PersonalSection] = [])
            -> NewEvent
        {
            var event = caller.event(type, stream, facts: facts, sections: sections)
            event.context.causation = cause
            return event
        }
    }

    private func begin(_ target: SyncTarget, _ trigger: String, _ caller: Caller) async throws -> Job {
        guard caller.tenant == target.tenant else { throw Fault.notFound("provider") }
        return try await store.write(.sync) { tx in
            let run = SyncRunID.random(at: tx.now)
            var own = caller
            own.command = CommandID(high: run.high, low: run.low)
            var job = Job(
                row: StoredSyncRun(
                    id: run, tenant: target.tenant, provider: target.provider, trigger: trigger, startedAt: tx.now),
                caller: own)
            try tx.sql.insert(job.row)
            let event = try tx.append(
                job.event(
                    "sync_run.started", job.stream,
                    facts: [
                        Fact("provider", .id(target.provider, "provider")), Fact("trigger", .word(trigger)),
                    ]))
            job.cause = event.id
            return job
        }
    }

    // MARK: Ends

    private func hold(_ job: inout Job, _ draft: Draft) async throws -> SyncReport {
        job.row.state = .held
        job.row.summary = try Self.json(job.counts)
        job.row.holdReasons = try Self.json(draft.holdReasons)
        job.row.totalChunks = Int64(draft.plan.stepCount)
        let held = HeldPlan(draft.plan, rolesGained: draft.effect.gained, rolesLost: draft.effect.lost)
        let sealed = try SyncPlanSeal.seal(held, run: job.row.id, tenant: job.row.tenant, keys: store.keys)
        try await store.write(.sync) { [job] tx in
            try Self.supersede(job, tx)
            guard try tx.sql.update(job.row, from: .running) else { throw Fault.stale("sync run") }
            try tx.sql.setSealedPlan(sealed, of: job.row.id)
            let reasons = draft.holdReasons.map { FactValue.word($0.word) }
            try tx.append(
                job.event(
                    "sync_run.held", job.stream, facts: job.counts.facts + [Fact("reasons", .list(reasons))]))
        }
        logger.warning("A directory job is held: \(draft.holdReasons.map(\.word).joined(separator: ", "))")
        return report(job, draft)
    }

    /// A newer plan makes older ones that wait pointless.
    private static func supersede(_ job: Job, _ tx: Transaction) throws {
        for var old in try tx.sql.syncRuns(in: job.row.tenant, provider: job.row.provider, limit: 50)
        where old.state == .held && old.id != job.row.id {
            old.state = .dropped
            old.decidedBy = "system:sync"
            old.decidedAt = tx.now
            old.finishedAt = tx.now
            guard try tx.sql.update(old, from: .held) else { continue }
            try tx.sql.setSealedPlan(nil, of: old.id)
            try tx.append(
                job.event(
                    "sync_run.dropped", Stream("sync_run", old.id), facts: [Fact("reason", .word("superseded"))]))
        }
    }

    private func apply(
        _ job: inout Job, _ draft: Draft, _ onProgress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> SyncReport {
        job.row.state = .applying
        job.row.totalChunks = Int64(draft.plan.stepCount)
        try await store.write(.sync) { [job] tx in
            try Self.supersede(job, tx)
            guard try tx.sql.update(job.row, from: .running) else { throw Fault.stale("sync run") }
        }
        try await carryOut(&job, draft.plan, draft.keys, onProgress)
        return report(job, draft)
    }

    /// Applies what is left of a plan and closes the run. The last chunk throws the switch that shows its grants.
    func carryOut(
        _ job: inout Job, _ plan: SyncPlan, _ keys: SyncKeys, _ onProgress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws {
        let total = plan.stepCount
        let applier = SyncApplier(
            provider: job.row.provider, keys: keys, grants: try await grantSwitch(job, plan), live: live,
            standings: standings)
        onProgress(.applying(done: Int(job.row.appliedChunks), of: total))
        var waiting: ArraySlice<SyncStep> = []
        while job.row.state == .applying {
            try Task.checkCancellation()
            if waiting.isEmpty {
                waiting = plan.steps(from: Int(job.row.appliedChunks), limit: SyncApplier.stepLimit)[...]
            }
            let steps = waiting
            let (after, chunk) = try await store.write(.sync) { [job] tx in
                try Self.carryOut(steps, of: job, total, applier, tx)
            }
            waiting = waiting.dropFirst(chunk.done)
            job = after
            if chunk.narrowsGroups { await reload(job.row.tenant) }
            onProgress(.applying(done: Int(job.row.appliedChunks), of: total))
        }
        await reload(job.row.tenant)
        logger.info("A directory job is done: \(job.counts.applied) changes, \(job.counts.skipped) left out")
    }

    /// One body at the writer: a chunk, how far the run has come with it, and after the last one its end.
    private static func carryOut(
        _ steps: ArraySlice<SyncStep>, of job: Job, _ total: Int, _ applier: SyncApplier, _ tx: Transaction
    ) throws -> (Job, SyncApplier.Chunk) {
        let chunk = try applier.apply(steps, of: job, tx)
        var job = job
        job.row.appliedChunks += Int64(chunk.done)
        job.counts.applied += chunk.applied
        job.counts.skipped += chunk.skipped
        guard job.row.appliedChunks >= Int64(total) else {
            job.row.summary = try json(job.counts)
            guard try tx.sql.update(job.row, from: .applying) else { throw Fault.stale("sync run") }
            return (job, chunk)
        }
        try finish(&job, tx)
        return (job, chunk)
    }

    private func grantSwitch(_ job: Job, _ plan: SyncPlan) async throws -> Int64? {
        guard plan.grants else { return nil }
        return try await store.write(.sync) { try $0.sql.grantSwitch(of: job.row.id, provider: job.row.provider) }
    }

    private func reload(_ tenant: TenantID) async {
        await table.refresh(tenant)
        standings.forgetAll(in: tenant)
    }

    /// The run's end, with the switch: what this run granted, and what an interrupted one before it had begun to.
    private static func finish(_ job: inout Job, _ tx: Transaction) throws {
        job.row.state = .done
        job.row.summary = try json(job.counts)
        job.row.finishedAt = tx.now
        guard try tx.sql.update(job.row, from: .applying) else { throw Fault.stale("sync run") }
        try tx.sql.setSealedPlan(nil, of: job.row.id)
        let event = try tx.append(
            job.event(
                "sync_run.applied", job.stream,
                facts: job.counts.facts + [
                    Fact("applied", .integer(Int64(job.counts.applied))),
                    Fact("skipped", .integer(Int64(job.counts.skipped))),
                ]))
        try tx.sql.switchGrants(of: job.row.provider, at: event.position)
    }

    /// Notes a failure; if not even that can be written, the log has it.
    func fail(_ job: inout Job, _ error: any Error) async {
        let code = (error as? Fault)?.code ?? (error is CancellationError ? "sync.cancelled" : "sync.failed")
        job.row.state = .failed
        job.row.failure = code
        logger.error("A directory job failed: \((error as? Fault)?.description ?? code)")
        do {
            try await store.write(.sync) { [job] tx in
                var row = job.row
                row.finishedAt = tx.now
                guard try tx.sql.update(row, from: .running) || tx.sql.update(row, from: .applying) else { return }
                try tx.append(job.event("sync_run.failed", job.stream, facts: [Fact("code", .word(code))]))
            }
        } catch {
            logger.error("The failure of a directory job could not be recorded")
        }
    }

    private func report(_ job: Job, _ draft: Draft) -> SyncReport {
        SyncReport(
            run: job.row.id, state: job.row.state, plan: draft.plan, roleEffect: draft.effect,
            holdReasons: draft.holdReasons, counts: job.counts)
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
