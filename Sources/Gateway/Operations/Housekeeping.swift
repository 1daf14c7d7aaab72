import Logging
import ServiceLifecycle
import Storage
import Vocabulary

/// What a running gateway does from time to time: heads are signed, directory jobs run when they are due, and what has
/// expired leaves memory and rows. A run that fails is logged and tried again; it never ends the process.
public struct Housekeeping: Service {
    private let gateway: Gateway
    private static let sweepInterval: Duration = .seconds(30)
    private static let sweepLimit = 1_000
    /// Rows that one turn at the writer removes; they hang on each other, and no lane keeps it for longer than 20 ms.
    private static let chunk = 200

    public init(_ gateway: Gateway) { self.gateway = gateway }

    /// Tidies until the task is cancelled; a round that fails is logged and tried again at the next.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let scheduler = SyncScheduler(
                self.gateway.sync, targets: self.gateway.syncTargets, clock: self.gateway.clock,
                logger: self.gateway.logger)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await scheduler.run() }
                group.addTask {
                    await self.every(self.gateway.configuration.journal.headInterval, "heads.sign") {
                        try await self.gateway.signHeads()
                        try await self.gateway.store.reconcileErasures()
                        try await self.gateway.noteKeptHeads()
                    }
                }
                for courier in self.gateway.couriers { group.addTask { await courier.run() } }
                for courier in self.gateway.provisioners { group.addTask { await courier.run() } }
                for courier in self.gateway.outbox { group.addTask { await courier.run() } }
                group.addTask { await self.gateway.logouts.run() }
                group.addTask { await self.gateway.samlLogoutCourier.run() }
                group.addTask { await self.gateway.signalCourier.run() }
                if !self.gateway.outbox.isEmpty {
                    group.addTask { await self.gateway.approvalFeed.run() }
                    group.addTask {
                        await self.every(Self.sweepInterval, "exemptions.announce") {
                            try await self.gateway.notifier.announceEndingExemptions(at: self.gateway.clock())
                        }
                    }
                }
                group.addTask { await self.every(Self.sweepInterval, "sweep") { try await self.sweep() } }
                group.addTask {
                    await self.every(Self.sweepInterval, "keys") {
                        await self.gateway.keyKeeper.tend()
                        await self.gateway.tokenKeys.tend()
                    }
                }
                group.addTask {
                    await self.every(Self.sweepInterval, "governance.due") {
                        try await self.gateway.governance.endWhatIsDue(now: self.gateway.clock())
                    }
                }
                group.addTask {
                    await self.every(.seconds(5), "upstream.tokens") { try await self.gateway.tendKeptTokens() }
                }
                group.addTask {
                    await self.every(.seconds(2), "birthrights.follow") { try await self.followBirthrights() }
                }
                group.addTask {
                    await self.every(.seconds(1), "nats.follow") { try await self.gateway.followNATS() }
                }
                group.addTask { await self.gateway.natsPusher.run() }
                if let messenger = self.gateway.messenger {
                    group.addTask { await messenger.run() }
                    group.addTask {
                        await self.every(.minutes(10), "event_stream.states") {
                            try await self.gateway.keepEventStreamWhole()
                        }
                    }
                }
                group.addTask {
                    await self.every(Self.sweepInterval, "campaigns.due") {
                        try await self.gateway.campaigns.carryOutWhatIsDue(now: self.gateway.clock())
                    }
                }
                if self.gateway.offers(.complianceReporting) {
                    group.addTask {
                        await self.every(self.gateway.configuration.compliance.statusEvery, "compliance.status") {
                            try await self.gateway.refreshCompliance()
                        }
                    }
                }
                group.addTask {
                    await self.every(Self.sweepInterval, "duties.scan") { try await self.scanDuties() }
                }
                group.addTask {
                    await self.every(Self.sweepInterval, "limits.due") {
                        try await self.gateway.limits.endWhatIsDue(now: self.gateway.clock())
                    }
                }
            }
        }
    }

    /// Looks through whoever's access changed, in every tenant; one that fails keeps none of the others from it.
    private func scanDuties() async throws {
        var failure: (any Error)?
        for tenant in gateway.tenants.all {
            let caller = Caller(
                tenant: tenant.id, actor: .system("scheduler"), command: .random(at: gateway.clock()))
            do { try await gateway.duties.scanWhatChanged(in: tenant.id, by: caller) } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Applies birthright rules to whoever changed, in every tenant; one that fails keeps none of the others from it.
    private func followBirthrights() async throws {
        var failure: (any Error)?
        for tenant in gateway.tenants.all {
            do { try await gateway.birthrights.follow(in: tenant.id) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private func every(_ interval: Duration, _ name: String, _ work: () async throws -> Void) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            do { try await work() } catch {
                gateway.logger.error("housekeeping failed", metadata: ["task": "\(name)", "error": "\(error)"])
            }
        }
    }

    /// Removes what has expired: from memory, and from rows a chunk at a time, so that nobody waits for it.
    func sweep() async throws {
        let now = gateway.clock()
        try await gateway.login.drainFailures()
        try await gateway.commands.sweep(now: now, limit: Self.sweepLimit)
        // Before rows that have expired go: what hangs on a session tells who has to hear of its end.
        let ended = try await gateway.sessions.endExpired(at: now)
        gateway.live.sweep(at: now)
        try await gateway.signalCourier.giveUpExpired()
        var gone = try await gateway.store.write(.spool) { tx in
            try tx.sql.deleteExpiredFlows(at: now, limit: Self.sweepLimit)
        }
        for rows in ExpiringRows.allCases {
            while true {
                let count = try await gateway.store.write(.spool) { tx in
                    try tx.sql.deleteExpired(rows, at: now, limit: Self.chunk)
                }
                gone += count
                if count < Self.chunk { break }
            }
        }
        if ended + gone > 0 {
            gateway.logger.debug("swept", metadata: ["sessions": "\(ended)", "rows": "\(gone)"])
        }
    }
}
