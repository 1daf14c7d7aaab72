import Governance
import Synchronization
import Vocabulary

/// The kind of id that trials have.
public enum PolicyTrialKind {}
/// One trial under way or done.
public typealias PolicyTrialID = Identifier<PolicyTrialKind>

/// A long question about rules: what a draft would have answered to what was asked, or what it would mean for everybody.
public struct PolicyTrial: Sendable {
    /// What is asked.
    public enum Kind: String, Sendable, CaseIterable {
        /// What was asked before, asked again.
        case backtest
        /// A few questions, asked for everybody.
        case impact
    }

    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        case running, done, failed, cancelled
    }

    public let id: PolicyTrialID
    public let tenant: TenantID
    public let kind: Kind
    public let startedBy: Actor
    public let startedAt: Timestamp
    public internal(set) var state = State.running
    /// Recorded decisions, or subjects, that were looked at.
    public internal(set) var seen: Int64 = 0
    /// From 0 to 1, as far as it can be told.
    public internal(set) var progress = 0.0
    /// Nil until something was found; of a running one, what was found so far.
    public internal(set) var result: Backtest?
    /// Why it failed.
    public internal(set) var fault: Fault?
    public internal(set) var endedAt: Timestamp?
}

/// Keeps trials that are under way, and their results for a while. In memory only: a trial writes nothing, and what it
/// found can be asked for again.
final class TrialDesk: Sendable {
    /// Running at a time, in all tenants: whoever decides needs the machine more.
    static let runningLimit = 2
    /// Kept at a time, in all tenants; the oldest that has ended makes place.
    static let keptLimit = 32
    /// How long a result is kept.
    static let retention = Duration.hours(1)

    private struct Memory {
        var trials: [PolicyTrialID: PolicyTrial] = [:]
        var tasks: [PolicyTrialID: Task<Void, Never>] = [:]
    }

    /// What tells a trial's progress.
    typealias Report = @Sendable (_ seen: Int64, _ progress: Double, _ found: Backtest) -> Void

    private let memory = Mutex(Memory())
    private let clock: @Sendable () -> Timestamp

    init(clock: @escaping @Sendable () -> Timestamp) { self.clock = clock }

    /// Begins a trial and answers it as it stands. Throws `trial.too_many` while others run.
    func begin(
        _ kind: PolicyTrial.Kind, by caller: Caller,
        _ work: @escaping @Sendable (@escaping Report) async throws -> Backtest
    ) throws -> PolicyTrial {
        let now = clock()
        let trial = PolicyTrial(
            id: .random(at: now), tenant: caller.tenant, kind: kind, startedBy: caller.actor, startedAt: now)
        try memory.withLock { memory in
            Self.makePlace(&memory, now)
            guard memory.tasks.count < Self.runningLimit, memory.trials.count < Self.keptLimit else {
                throw Fault(
                    "trial.too_many", .caller, "\(Self.runningLimit) trials are under way already.",
                    remedy: "Wait for them, or cancel one.", retryAfter: .seconds(5))
            }
            memory.trials[trial.id] = trial
            memory.tasks[trial.id] = Task.detached(priority: .background) { [self] in await run(trial.id, work) }
        }
        return trial
    }

    private static func makePlace(_ memory: inout Memory, _ now: Timestamp) {
        memory.trials = memory.trials.filter { $0.value.endedAt.map { now - $0 < retention } ?? true }
        while memory.trials.count >= keptLimit {
            let ended = memory.trials.values.filter { $0.endedAt != nil }
            guard let oldest = ended.min(by: { ($0.endedAt ?? now) < ($1.endedAt ?? now) }) else { return }
            memory.trials[oldest.id] = nil
        }
    }

    private func run(
        _ id: PolicyTrialID, _ work: @escaping @Sendable (@escaping Report) async throws -> Backtest
    ) async {
        let outcome: Result<Backtest, any Error>
        do {
            outcome = .success(
                try await work { [self] seen, progress, found in report(id, seen, progress, found) })
        } catch {
            outcome = .failure(error)
        }
        let now = clock()
        memory.withLock { memory in
            memory.tasks[id] = nil
            guard var trial = memory.trials[id], trial.state == .running else { return }
            trial.endedAt = now
            switch outcome {
            case .success(let found): (trial.state, trial.progress, trial.result) = (.done, 1, found)
            case .failure(is CancellationError): trial.state = .cancelled
            case .failure(let error):
                trial.state = .failed
                trial.fault = error as? Fault ?? Fault("trial.failed", .ourselves, "The trial broke off: \(error)")
            }
            memory.trials[id] = trial
        }
    }

    private func report(_ id: PolicyTrialID, _ seen: Int64, _ progress: Double, _ found: Backtest) {
        memory.withLock { memory in
            guard memory.trials[id]?.state == .running else { return }
            memory.trials[id]?.seen = seen
            memory.trials[id]?.progress = min(max(0, progress), 1)
            memory.trials[id]?.result = found
        }
    }

    /// A trial of the tenant. Throws `not_found`.
    func trial(_ id: PolicyTrialID, in tenant: TenantID) throws -> PolicyTrial {
        guard let trial = memory.withLock({ $0.trials[id] }), trial.tenant == tenant else {
            throw Fault.notFound("trial")
        }
        return trial
    }

    /// The tenant's trials, newest first.
    func list(in tenant: TenantID) -> [PolicyTrial] {
        memory.withLock { $0.trials.values.filter { $0.tenant == tenant } }
            .sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }
    }

    /// Ends a running trial; what it found so far stays. Throws `not_found`.
    func cancel(_ id: PolicyTrialID, in tenant: TenantID) throws -> PolicyTrial {
        _ = try trial(id, in: tenant)
        let now = clock()
        memory.withLock { memory in
            memory.tasks[id]?.cancel()
            guard memory.trials[id]?.state == .running else { return }
            memory.trials[id]?.state = .cancelled
            memory.trials[id]?.endedAt = now
        }
        return try trial(id, in: tenant)
    }

    /// Ends all of them, and waits until nothing reads the store any more.
    func stop() async {
        let tasks = memory.withLock { Array($0.tasks.values) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
