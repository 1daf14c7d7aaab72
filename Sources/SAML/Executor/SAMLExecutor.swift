import Dispatch
import Glibc
import Synchronization

/// Threads of their own for what libxml2, libxmlsec1 and OpenSSL do, behind a bounded queue: parsing, verifying and
/// decrypting block, and would hold up Swift's own threads.
public final class SAMLExecutor: Sendable {
    private struct Job: Sendable {
        let perform: @Sendable () -> Void
        let abandon: @Sendable (SAMLError) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isStopped = false
    }

    /// Threads.
    public let threadCount: Int
    /// Pieces of work that wait; one more is refused.
    public let queueLimit: Int

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Throws: `SAMLError` with `LIBRARY` when the system refuses a thread, or the libraries are not there.
    public init(threadCount: Int = 2, queueLimit: Int = 256) throws {
        self.threadCount = max(1, min(threadCount, 64))
        self.queueLimit = max(1, queueLimit)
        try XMLLibrary.require()
        for _ in 0..<self.threadCount { try startThread() }
    }

    /// Runs work on one of the threads. Work that has begun is finished.
    ///
    /// - Throws: `SAMLError` with `BUSY` when the queue is full or `stop()` was called; what the work throws.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job = Job(
                perform: { continuation.resume(with: Result { try work() }) },
                abandon: { continuation.resume(throwing: $0) })
            if let refusal = submit(job) { continuation.resume(throwing: refusal) }
        }
    }

    /// Refuses what waits and what comes; threads end after what they are doing. To be called before the value goes.
    public func stop() {
        let abandoned = state.withLock { state -> [Job] in
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in abandoned { job.abandon(Self.stopped) }
        for _ in 0..<threadCount { arrivals.signal() }
    }

    private static let stopped = SAMLError(.busy, "SAML documents are not looked at any more")

    private func submit(_ job: Job) -> SAMLError? {
        let refusal = state.withLock { state -> SAMLError? in
            if state.isStopped { return Self.stopped }
            guard state.waiting.count < queueLimit else {
                return SAMLError(.busy, "too many SAML documents wait to be looked at")
            }
            state.waiting.append(job)
            return nil
        }
        if refusal == nil { arrivals.signal() }
        return refusal
    }

    private func startThread() throws {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<SAMLExecutor>.fromOpaque(context).takeRetainedValue().serve() }
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            stop()
            throw SAMLError(.library, "the system refused a thread (error \(status))")
        }
        pthread_detach(thread)
    }

    private func serve() {
        while true {
            arrivals.wait()
            let (job, isStopped) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopped)
            }
            job?.perform()
            if isStopped { return }
        }
    }
}
