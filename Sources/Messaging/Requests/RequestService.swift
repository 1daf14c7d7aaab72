import CNATS
import NKeys
import Synchronization

/// Answers requests, some at a time, others waiting in a bounded queue, and all beyond it told at once that it is too much.
///
/// It listens on every connection until it is stopped. What was accepted is answered: a stop lets no more requests come, and
/// waits for those that did.
public final class RequestService: Sendable {
    public typealias Handler = @Sendable (ServiceRequest) async throws -> ServiceAnswer

    private struct Job: Sendable {
        let number: UInt64
        let request: ServiceRequest
        let reply: String?
    }

    private struct State {
        var metrics = ServiceMetrics()
        var queue: [Job] = []
        var running: [UInt64: (reply: String?, task: Task<Void, Never>?)] = [:]
        var last: UInt64 = 0
        var isCutOff = false
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    private let connection: MessagingConnection
    private let configuration: ServiceConfiguration
    private let handler: Handler
    private let state = Mutex(State())
    private let registration = Mutex<UInt?>(nil)

    /// Begins to listen.
    ///
    /// - Throws: `MessagingError.invalidConfiguration`.
    public init(
        _ connection: MessagingConnection, _ configuration: ServiceConfiguration, _ handler: @escaping Handler
    ) throws(MessagingError) {
        do { _ = try NATSSubject(configuration.subject) } catch {
            throw .invalidConfiguration("the service's subject is malformed")
        }
        if let group = configuration.queueGroup {
            do { _ = try OutgoingMessage(group, [], []) } catch {
                throw .invalidConfiguration("the name of the queue group is malformed")
            }
        }
        guard configuration.concurrency > 0, configuration.queueLimit >= 0, configuration.payloadLimit > 0 else {
            throw .invalidConfiguration("a service handles one request at once at least")
        }
        self.connection = connection
        self.configuration = configuration
        self.handler = handler
        let number = connection.worker.register(
            Registration(
                subject: configuration.subject, queue: configuration.queueGroup,
                messageLimit: configuration.concurrency + configuration.queueLimit + 1_024,
                byteLimit: 64 * 1_048_576, receive: { [weak self] in self?.receive($0) }))
        registration.withLock { $0 = number }
    }

    deinit {
        if let number = registration.withLock({ $0 }) { connection.worker.forget(number) }
    }

    /// Counts since the beginning.
    public var metrics: ServiceMetrics {
        state.withLock { state in
            var metrics = state.metrics
            metrics.running = state.running.count
            metrics.queued = state.queue.count
            return metrics
        }
    }

    /// Listens no more, and returns when what was accepted is answered; what is not by then is cancelled and answered with
    /// `failed`.
    public func stop(within limit: Duration = .seconds(10)) async {
        let deadline = ContinuousClock.now + limit
        let number = registration.withLock { number in
            defer { number = nil }
            return number
        }
        if let number { await connection.worker.drain(number, timeout: limit) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.untilIdle() }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                if !Task.isCancelled { self.cutOff() }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func untilIdle() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isIdle = state.withLock { state in
                guard !state.isCutOff, !state.running.isEmpty || !state.queue.isEmpty else { return true }
                state.idle.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Gives up what is not done, and tells those who wait.
    private func cutOff() {
        let (running, queue, idle) = state.withLock { state in
            defer { (state.running, state.queue, state.idle) = ([:], [], []) }
            state.isCutOff = true
            state.metrics.failed += state.running.count + state.queue.count
            return (Array(state.running.values), state.queue, state.idle)
        }
        for (reply, task) in running {
            task?.cancel()
            answer(reply, configuration.failed)
        }
        for job in queue { answer(job.reply, configuration.failed) }
        for continuation in idle { continuation.resume() }
    }

    // MARK: On the library's thread

    private func receive(_ message: OpaquePointer) {
        let size = Int(natsMsg_GetDataLength(message))
        let incoming = IncomingMessage(message, payloadLimit: configuration.payloadLimit)
        connection.worker.count(received: 1)
        let reply = incoming.replySubject.flatMap { configuration.answersTo($0) ? $0 : nil }
        guard reply != nil || configuration.handlesUnanswered else {
            return state.withLock { state in
                state.metrics.requests += 1
                state.metrics.unanswerable += 1
            }
        }
        let request = ServiceRequest(
            subject: incoming.subject, payload: incoming.payload, headers: incoming.headers, isAnswered: reply != nil)
        let refusal = state.withLock { state -> ServiceAnswer? in
            state.metrics.requests += 1
            if reply == nil { state.metrics.unanswerable += 1 }
            guard size <= configuration.payloadLimit else {
                state.metrics.tooLarge += 1
                return configuration.tooLarge
            }
            let isRoom = state.running.count < configuration.concurrency || state.queue.count < configuration.queueLimit
            guard isRoom, !state.isCutOff else {
                state.metrics.busy += 1
                return configuration.busy
            }
            state.last += 1
            let job = Job(number: state.last, request: request, reply: reply)
            if state.running.count < configuration.concurrency { begin(job, &state) } else { state.queue.append(job) }
            return nil
        }
        if let refusal { answer(reply, refusal) }
    }

    // MARK: Handling

    private func begin(_ job: Job, _ state: inout State) {
        let task = Task { await self.handle(job) }
        state.running[job.number] = (job.reply, task)
    }

    private func handle(_ job: Job) async {
        var result = configuration.failed
        var hasFailed = false
        do { result = try await handler(job.request) } catch { hasFailed = true }
        let (isWaitedFor, idle) = state.withLock { state in
            // Who was cut off has been answered.
            let isWaitedFor = state.running.removeValue(forKey: job.number) != nil
            if hasFailed, isWaitedFor { state.metrics.failed += 1 }
            if !state.queue.isEmpty, state.running.count < configuration.concurrency {
                begin(state.queue.removeFirst(), &state)
            }
            return (isWaitedFor, state.running.isEmpty)
        }
        if isWaitedFor { answer(job.reply, result) }
        guard idle else { return }
        let waiting = state.withLock { state in
            guard state.running.isEmpty, state.queue.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.idle = [] }
            return state.idle
        }
        for continuation in waiting { continuation.resume() }
    }

    private func answer(_ reply: String?, _ answer: ServiceAnswer) {
        guard let reply else { return }
        do {
            try connection.publish(reply, answer.payload, headers: answer.headers)
            state.withLock { $0.metrics.answered += 1 }
        } catch .payloadTooLarge where answer != configuration.failed {
            state.withLock { $0.metrics.failed += 1 }
            self.answer(reply, configuration.failed)
        } catch {
            state.withLock { $0.metrics.lost += 1 }
        }
    }
}
