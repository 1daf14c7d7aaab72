import Foundation
import Synchronization
import Vocabulary

/// One request's deadline and its caller's wish to go on.
final class FetchTicket: Sendable {
    let deadline: ContinuousClock.Instant
    private let cancelled = Atomic<Bool>(false)

    init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
    var remaining: Duration { deadline - .now }
}

struct FetchJob: Sendable {
    let request: FetchRequest
    let ticket: FetchTicket
    let continuation: CheckedContinuation<FetchResponse, any Error>
}

/// The bounded queue between callers and fetch threads.
///
/// Unchecked, because `jobs` and `isClosed` are only touched while `condition` is held.
final class FetchQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [FetchJob] = []
    private var isClosed = false
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Queues the job, or answers it at once when there is no room.
    func submit(_ job: FetchJob) {
        let refusal: Fault? = condition.withLock {
            if isClosed { return .fetchClosed }
            if jobs.count >= limit { return .fetchOverloaded }
            jobs.append(job)
            condition.signal()
            return nil
        }
        if let refusal { job.continuation.resume(throwing: refusal) }
    }

    func close() {
        let waiting = condition.withLock {
            isClosed = true
            condition.broadcast()
            defer { jobs = [] }
            return jobs
        }
        for job in waiting { job.continuation.resume(throwing: Fault.fetchClosed) }
    }

    /// A thread's life: takes jobs until the queue is closed.
    func run(_ client: CurlClient) {
        while let job = next() {
            if job.ticket.isCancelled {
                job.continuation.resume(throwing: CancellationError())
            } else {
                job.continuation.resume(with: Result { try client.perform(job.request, job.ticket) })
            }
        }
    }

    private func next() -> FetchJob? {
        condition.withLock {
            while jobs.isEmpty && !isClosed { condition.wait() }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }
}
