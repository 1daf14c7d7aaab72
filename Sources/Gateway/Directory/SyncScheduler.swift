import Identity
import Logging
import Storage
import Synchronization
import Vocabulary

/// How a provider's last scheduled or manual run went, for readiness and metrics.
public struct SyncHealth: Sendable, Hashable {
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    public var state: SyncRunState?
    /// A stable code; nil after a good run.
    public var failure: String?
    /// How many runs in a row failed.
    public var failures = 0
    public var nextAt: Timestamp?
}

/// Runs directory jobs when they are due, one at a time per provider, and remembers how the last ones went.
public final class SyncScheduler: Sendable {
    private struct Memory {
        var health: [ProviderID: SyncHealth] = [:]
    }

    private let service: SyncService
    private let targets: [SyncTarget]
    private let memory = Mutex(Memory())
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    /// No sleep is longer, so that a clock set forward is noticed.
    private static let longestSleep: Duration = .seconds(60)

    public init(
        _ service: SyncService, targets: [SyncTarget], clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.service = service
        self.targets = targets
        self.clock = clock
        self.logger = logger
    }

    /// By provider, in no order.
    public var health: [ProviderID: SyncHealth] { memory.withLock(\.health) }

    /// Picks up what a stop interrupted, then works until its task is cancelled. A run under way then stops
    /// after the change it is writing.
    public func run() async {
        await service.recover(targets)
        await restoreHealth()
        await withTaskGroup(of: Void.self) { group in
            for target in targets where target.schedule != nil { group.addTask { await self.attend(target) } }
            group.addTask { await self.deleteLeavers() }
        }
    }

    // The last start of an interval is remembered in the store, so that a restart does not run everything at once.
    private func restoreHealth() async {
        for target in targets {
            guard let last = try? await service.list(in: target.tenant, provider: target.provider, limit: 1).first
            else {
                continue
            }
            note(target) { health in
                health.startedAt = last.startedAt
                health.finishedAt = last.finishedAt
                health.state = last.state
                health.failure = last.failure
            }
        }
    }

    private func attend(_ target: SyncTarget) async {
        guard let schedule = target.schedule else { return }
        while !Task.isCancelled {
            let lastStart = memory.withLock { $0.health[target.provider]?.startedAt }
            var generator = SystemRandomNumberGenerator()
            let jitter = Self.jitter(upTo: target.jitter, using: &generator)
            let due = schedule.next(after: clock(), lastStart: lastStart) + jitter
            note(target) { $0.nextAt = due }
            guard await sleep(until: due) else { return }
            await perform(target)
        }
    }

    /// One run, whatever comes of it.
    func perform(_ target: SyncTarget) async {
        let start = clock()
        note(target) { $0.startedAt = start }
        let caller = Caller(tenant: target.tenant, actor: .system("scheduler"), command: CommandID.random(at: start))
        var (state, failure): (SyncRunState?, String?) = (nil, nil)
        do {
            state = try await service.run(target, trigger: "schedule", by: caller).state
        } catch {
            let code = (error as? Fault)?.code ?? "sync.failed"
            // Somebody's manual run is as good as ours.
            if code == "sync.running" { return }
            (state, failure) = (.failed, code)
        }
        let end = clock()
        note(target) { health in
            health.finishedAt = end
            health.state = state
            health.failure = failure
            health.failures = failure == nil ? 0 : health.failures + 1
        }
    }

    private func deleteLeavers() async {
        while !Task.isCancelled {
            for tenant in Set(targets.map(\.tenant)) {
                do {
                    let gone = try await service.deleteLeavers(in: tenant)
                    if gone > 0 { logger.info("\(gone) leavers were deleted after their grace period") }
                } catch {
                    logger.error("Leavers could not be deleted: \((error as? Fault)?.code ?? "sync.failed")")
                }
            }
            guard await sleep(until: clock() + .hours(1)) else { return }
        }
    }

    /// False when the task was cancelled meanwhile.
    private func sleep(until due: Timestamp) async -> Bool {
        while true {
            let left = due - clock()
            guard left > .zero else { return !Task.isCancelled }
            do { try await Task.sleep(for: min(left, Self.longestSleep)) } catch { return false }
        }
    }

    private func note(_ target: SyncTarget, _ change: (inout SyncHealth) -> Void) {
        memory.withLock { change(&$0.health[target.provider, default: SyncHealth()]) }
    }

    static func jitter(upTo longest: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        guard longest > .zero else { return .zero }
        return .microseconds(Int64.random(in: 0...longest.microseconds, using: &generator))
    }
}
