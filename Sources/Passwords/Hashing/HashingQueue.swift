import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// Runs blocking work on a fixed number of threads of its own, behind a bounded queue.
///
/// At most `threads` pieces of work run at once, which is what bounds the memory of hashing.
final class HashingQueue: Sendable {
    private struct Job: Sendable {
        let ticket: Ticket
        let perform: @Sendable () -> Void
        let abandon: @Sendable (any Error) -> Void
    }

    /// Identity of one submission, and whether its task was cancelled before it reached the queue.
    private final class Ticket: Sendable {
        let isCancelled = Atomic(false)
    }

    private struct State {
        var waiting: FairQueue<Job>
        var running = 0
        var isStopped = false
        /// Moving average of how long one job takes.
        var typical = Duration.milliseconds(50)
        var refused = 0
        var times = Distribution.seconds
    }

    let threads: Int
    private let state: Mutex<State>
    /// Signalled once per job appended; a cancelled job leaves a signal that wakes a thread for nothing.
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Throws: `passwords.threads` when the system refuses a thread.
    init(threads: Int, queueLimit: Int, queueLimitPerShare: Int) throws(Fault) {
        self.threads = threads
        state = Mutex(State(waiting: FairQueue(limit: queueLimit, limitPerShare: queueLimitPerShare)))
        for _ in 0..<threads { try startThread() }
    }

    /// Runs `work` on a hashing thread. When the calling task is cancelled while this waits, it leaves the queue at
    /// once and throws `CancellationError`; work that has begun is finished.
    /// - Throws: `passwords.busy` with `retryAfter` when the queue is full, `passwords.stopping` after `stop()`.
    func run<Value: Sendable>(share: UInt64, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let job = Job(
                    ticket: ticket, perform: { continuation.resume(with: Result { try work() }) },
                    abandon: { continuation.resume(throwing: $0) })
                if let refusal = submit(job, share: share) { job.abandon(refusal) }
            }
        } onCancel: {
            cancel(ticket, share: share)
        }
    }

    /// Refuses what waits and what comes; threads end after what they are doing.
    func stop() {
        let abandoned = state.withLock { state -> [Job] in
            state.isStopped = true
            return state.waiting.removeAll()
        }
        for job in abandoned { job.abandon(Self.stopping) }
        for _ in 0..<threads { arrivals.signal() }
    }

    var load: PasswordHasher.Load {
        state.withLock { state in
            PasswordHasher.Load(
                threads: threads, running: state.running, queued: state.waiting.count, estimatedWait: wait(state),
                refused: state.refused, times: state.times)
        }
    }

    private static let stopping = Fault("passwords.stopping", .ourselves, "Password hashing is shutting down.")
}

extension HashingQueue {
    /// The error to answer with when the job was not queued.
    private func submit(_ job: Job, share: UInt64) -> (any Error)? {
        let refusal = state.withLock { state -> (any Error)? in
            if state.isStopped { return Self.stopping }
            // Looked at under the lock: `cancel` raises the flag before it takes the lock, so one of both sees the
            // other.
            if job.ticket.isCancelled.load(ordering: .sequentiallyConsistent) { return CancellationError() }
            if state.waiting.append(job, share: share) { return nil }
            state.refused += 1
            return busy(state)
        }
        if refusal == nil { arrivals.signal() }
        return refusal
    }

    private func cancel(_ ticket: Ticket, share: UInt64) {
        ticket.isCancelled.store(true, ordering: .sequentiallyConsistent)
        let job = state.withLock { $0.waiting.removeFirst(share: share) { $0.ticket === ticket } }
        job?.abandon(CancellationError())
    }

    private func busy(_ state: borrowing State) -> Fault {
        Fault(
            "passwords.busy", .ourselves, "Too many passwords wait to be hashed.", remedy: "Try again shortly.",
            retryAfter: max(.seconds(1), wait(state)))
    }

    /// How long one more job would take to come out.
    private func wait(_ state: borrowing State) -> Duration {
        state.typical * (state.waiting.count + state.running + 1) / threads
    }

    private func startThread() throws(Fault) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<HashingQueue>.fromOpaque(context!).takeRetainedValue().serve()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            stop()
            throw Fault("passwords.threads", .ourselves, "The system refused a hashing thread (error \(status)).")
        }
        pthread_detach(thread)
    }

    private func serve() {
        while true {
            arrivals.wait()
            let (job, isStopped) = state.withLock { state -> (Job?, Bool) in
                let job = state.waiting.popNext()
                if job != nil { state.running += 1 }
                return (job, state.isStopped)
            }
            if let job {
                let start = ContinuousClock.now
                job.perform()
                finish(after: ContinuousClock.now - start)
            }
            if isStopped { return }
        }
    }

    private func finish(after elapsed: Duration) {
        state.withLock { state in
            state.running -= 1
            state.typical = (state.typical * 7 + elapsed) / 8
            state.times.add(elapsed)
        }
    }
}
