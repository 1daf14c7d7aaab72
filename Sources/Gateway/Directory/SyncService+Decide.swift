import Identity
import Logging
import Storage
import Vocabulary

extension SyncService {
    /// Newest first.
    public func list(
        in tenant: TenantID, provider: ProviderID? = nil, before last: SyncRunID? = nil, limit: Int = 50
    ) async throws -> [StoredSyncRun] {
        try await store.read {
            try $0.syncRuns(in: tenant, provider: provider, before: last, limit: min(max(1, limit), 500))
        }
    }

    /// A run, and its plan where one is kept.
    public func show(_ run: SyncRunID, in tenant: TenantID) async throws -> (run: StoredSyncRun, held: HeldPlan?) {
        let (row, sealed) = try await store.read { sql in
            (try sql.syncRun(run, in: tenant), try sql.sealedPlan(of: run))
        }
        guard let row else { throw Fault.notFound("sync run") }
        let held = try sealed.map { try SyncPlanSeal.open($0, run: run, tenant: tenant, keys: store.keys) }
        return (row, held)
    }

    /// Applies a held plan in the name of whoever releases it. Rows that changed since it was made are left alone.
    ///
    /// - Throws: `sync.not_held` when it was decided already; `sync.running` beside another; `forbidden` for anybody
    ///   without a name.
    public func release(
        _ run: SyncRunID, by caller: Caller, onProgress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> StoredSyncRun {
        try Self.demandName(caller)
        let (row, held) = try await show(run, in: caller.tenant)
        guard row.state == .held, let plan = held?.plan else { throw Self.notHeld }
        guard claims.claim(row.provider) else { throw Self.alreadyRunning }
        defer { claims.release(row.provider) }
        var job = try await decide(row, to: .applying, "sync_run.released", by: caller)
        job.counts = Self.counts(of: job.row) ?? SyncCounts()
        do {
            try await carryOut(&job, plan, SyncKeys(plan), onProgress)
        } catch {
            // Its plan is kept: `recover` goes on where it stopped.
            logger.error("A released directory job stopped: \((error as? Fault)?.code ?? "sync.failed")")
            throw error
        }
        tally.count(.released, of: row.provider)
        return job.row
    }

    /// Throws a held plan away.
    ///
    /// - Throws: as `release`.
    public func drop(_ run: SyncRunID, by caller: Caller) async throws {
        try Self.demandName(caller)
        guard let row = try await store.read({ try $0.syncRun(run, in: caller.tenant) }) else {
            throw Fault.notFound("sync run")
        }
        guard row.state == .held else { throw Self.notHeld }
        _ = try await decide(row, to: .dropped, "sync_run.dropped", by: caller)
        tally.count(.dropped, of: row.provider)
    }

    private func decide(
        _ row: StoredSyncRun, to state: SyncRunState, _ type: String, by caller: Caller
    ) async throws -> Job {
        try await store.write(.administration) { tx in
            var own = caller
            own.command = CommandID(high: row.id.high, low: row.id.low)
            var job = Job(row: row, caller: own)
            job.row.state = state
            job.row.decidedBy = caller.actor.description
            job.row.decidedAt = tx.now
            if state == .dropped { job.row.finishedAt = tx.now }
            guard try tx.sql.update(job.row, from: .held) else { throw Self.notHeld }
            if state == .dropped { try tx.sql.setSealedPlan(nil, of: row.id) }
            job.cause = try tx.append(job.event(type, job.stream)).id
            return job
        }
    }

    /// After a start: goes on with released plans that were interrupted, and closes other runs that were; the next run
    /// finishes what these began.
    public func recover(_ targets: [SyncTarget]) async {
        for target in targets {
            let runs = (try? await list(in: target.tenant, provider: target.provider, limit: 500)) ?? []
            for row in runs where row.state == .running || row.state == .applying {
                guard claims.claim(target.provider) else { continue }
                await recover(row)
                claims.release(target.provider)
            }
        }
    }

    private func recover(_ row: StoredSyncRun) async {
        let now = clock()
        let caller = Caller(
            tenant: row.tenant, actor: .system("sync"), command: CommandID(high: row.id.high, low: row.id.low))
        var job = Job(row: row, caller: caller)
        let plan = row.state == .applying ? try? await show(row.id, in: row.tenant).held?.plan : nil
        guard let plan else {
            await fail(
                &job, Fault("sync.interrupted", .ourselves, "The gateway stopped during the run.", retryAfter: nil))
            return
        }
        job.counts = Self.counts(of: row) ?? SyncCounts()
        logger.notice("A released directory job goes on at change \(row.appliedChunks) of \(row.totalChunks)")
        do {
            try await carryOut(&job, plan, SyncKeys(plan)) { _ in }
        } catch {
            logger.error("A directory job could not be resumed at \(now.rfc3339)")
        }
    }

    // MARK: Leavers

    /// Deletes people whose grace period is over; answers how many went.
    public func deleteLeavers(in tenant: TenantID) async throws -> Int {
        var total = 0
        while true {
            let gone = try await store.write(.sync) { [live, standings] tx in
                let caller = Caller(tenant: tenant, actor: .system("sync"), command: CommandID.random(at: tx.now))
                let due = try tx.sql.leaversDue(in: tenant, at: tx.now, limit: 50)
                for id in due { try SyncApplier.delete(id, by: caller, cause: nil, live, standings, tx) }
                return due.count
            }
            total += gone
            if gone == 0 { return total }
        }
    }

    private static func counts(of row: StoredSyncRun) -> SyncCounts? {
        try? JSONColumn.decode(SyncCounts.self, row.summary)
    }

    /// A release is somebody's decision: the gateway itself and nobody cannot take it.
    private static func demandName(_ caller: Caller) throws {
        switch caller.actor {
        case .person, .serviceAccount, .operatingSystemUser: return
        case .system, .client, .anonymous: throw Fault.forbidden("A held plan is decided on by a named administrator.")
        }
    }

    private static var notHeld: Fault {
        Fault("sync.not_held", .caller, "This run is not held.", remedy: "See its state with `sync show`.")
    }
}
