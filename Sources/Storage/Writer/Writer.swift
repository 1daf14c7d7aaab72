import Dispatch
import Foundation
import Synchronization
import Vocabulary

/// The one writer: a thread of its own that turns waiting bodies into durable transactions.
final class Writer: Sendable {
    /// One body with the way back to its caller. `run` answers nothing on success; `finish` resumes the caller.
    struct Job: Sendable {
        let run: @Sendable (Transaction) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
        let queuedAt = ContinuousClock.now
    }
    private struct State {
        var queue: WriterQueue<Job>
        var statistics = WriterStatistics()
        var health = WriterHealth()
        var isStopping = false
        var whenStopped: [CheckedContinuation<Void, Never>] = []
        var hasStopped = false
    }

    private let state: Mutex<State>
    /// Called after each transaction that is durable.
    private let listeners = Mutex<[@Sendable () -> Void]>([])
    private let wake = DispatchSemaphore(value: 0)

    init(
        pool: SQLitePool, keys: KeyRing, configuration: StoreConfiguration, refusal: Fault?,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        state = Mutex(State(queue: WriterQueue(limit: configuration.laneLimit)))
        let runner = BatchRunner(
            pool: pool, keys: keys, node: configuration.node, budget: configuration.batchBudget, refusal: refusal,
            clock: clock)
        let thread = Thread { [self] in work(runner) }
        thread.name = "gatehouse-writer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    func run<T: Sendable>(
        _ lane: WriterLane, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let box = ResultBox<T>()
        return try await withCheckedThrowingContinuation { continuation in
            let job = Job(
                run: { transaction in
                    let value = try body(transaction)
                    box.set(value)
                },
                finish: { error in
                    if let error {
                        continuation.resume(throwing: error)
                    } else {
                        continuation.resume(returning: box.get())
                    }
                })
            if let fault = push(job, lane) { continuation.resume(throwing: fault) }
        }
    }

    func listen(_ listener: @escaping @Sendable () -> Void) { listeners.withLock { $0.append(listener) } }

    private func push(_ job: Job, _ lane: WriterLane) -> Fault? {
        let fault: Fault? = state.withLock { state in
            if state.isStopping { return Fault("storage.closed", .ourselves, "The store is closing.") }
            guard state.queue.push(job, lane) else {
                state.statistics.lanes[lane.rawValue].refused += 1
                return Fault(
                    "storage.overloaded", .ourselves, "Too many changes are waiting to be written.",
                    remedy: "Try again in a moment.")
            }
            return nil
        }
        if fault == nil { wake.signal() }
        return fault
    }

    func pop(interactiveBatch: Bool) -> (WriterLane, Job)? {
        let now = ContinuousClock.now
        return state.withLock { state in
            let next = state.queue.pop(interactiveBatch: interactiveBatch)
            if let (lane, job) = next { state.statistics.lanes[lane.rawValue].wait.add(now - job.queuedAt) }
            return next
        }
    }

    var statistics: WriterStatistics {
        state.withLock { state in
            var statistics = state.statistics
            for lane in WriterLane.allCases { statistics.lanes[lane.rawValue].waiting = state.queue.count(lane) }
            return statistics
        }
    }

    /// What last stood against writing, and whether it is the caller's turn to try whether it still does.
    func judgeHealth(at now: ContinuousClock.Instant) -> (failure: Fault?, isToTry: Bool) {
        state.withLock { ($0.health.failure, $0.health.takesTurn(at: now)) }
    }

    func forgetFailure() { state.withLock { $0.health.failure = nil } }

    private func work(_ runner: BatchRunner) {
        while true {
            if runner.logNeedsTruncation {
                if wake.wait(timeout: .now() + .milliseconds(50)) == .timedOut { runner.truncateLogIfNeeded() }
            } else {
                wake.wait()
            }
            while !state.withLock({ $0.queue.isEmpty }) {
                let batch = runner.runBatch(
                    { self.pop(interactiveBatch: $0) },
                    noting: { failure in state.withLock { $0.health.failure = failure } })
                if let batch {
                    state.withLock { $0.statistics.note(batch) }
                    for listener in listeners.withLock({ $0 }) { listener() }
                }
            }
            if state.withLock({ $0.isStopping && $0.queue.isEmpty }) { break }
        }
        let waiting = state.withLock { state in
            state.hasStopped = true
            return state.whenStopped
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Lets the waiting bodies finish, then ends the thread.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.isStopping = true
                if !state.hasStopped { state.whenStopped.append(continuation) }
                return state.hasStopped
            }
            if isOver { continuation.resume() } else { wake.signal() }
        }
    }

    func abandon() {
        state.withLock { $0.isStopping = true }
        wake.signal()
    }
}

/// Carries a body's value from the writer's thread to its caller.
private final class ResultBox<T: Sendable>: Sendable {
    private let value = Mutex<T?>(nil)
    func set(_ new: T) { value.withLock { $0 = new } }
    func get() -> T { value.withLock { $0! } }
}
