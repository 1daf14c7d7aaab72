import Dispatch
import Foundation
import Synchronization

/// The thread that connects, writes and closes: whatever of the library may wait. It ends when it is told to close; nobody
/// waits for it without limit.
final class ConnectionWorker: Sendable {
    enum Job: Sendable {
        case publish(OutgoingMessage)
        /// Its answer comes to an inbox with this number. Of the connection that was there when it was queued.
        case request(OutgoingMessage, number: UInt64, connection: Int)
        case attach(UInt)
        case drain(UInt, timeout: Duration)
        case detach(UInt)

        var cost: Int {
            switch self {
            case .publish(let message), .request(let message, _, _): message.cost
            case .attach, .drain, .detach: 0
            }
        }
    }

    struct State {
        var status = ConnectionStatus()
        var metrics = ConnectionMetrics()
        var jobs: [Job] = []
        var buffered = 0
        var isAsleep = false
        var lost: ConnectionTrouble?
        var registrations: [UInt: Registration] = [:]
        var drains: [UInt: @Sendable () -> Void] = [:]
        var lastNumber: UInt = 0
        var closingBy: ContinuousClock.Instant?
        var isEnded = false
        var watchers: [UInt: AsyncStream<ConnectionStatus>.Continuation] = [:]
        var configuration: MessagingConfiguration?
    }

    let state: Mutex<State>
    let wake = DispatchSemaphore(value: 0)
    let replies: ReplyTable
    /// What answers come to, a dot at its end. 128 random bits: nobody else finds it.
    let inbox: String
    private let bufferByteLimit: Int

    init(_ configuration: MessagingConfiguration) {
        var initial = State()
        initial.configuration = configuration
        state = Mutex(initial)
        replies = ReplyTable(limit: configuration.waitingLimit)
        bufferByteLimit = configuration.bufferByteLimit
        let random = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }
        inbox = configuration.inboxPrefix + "." + random.joined() + "."
    }

    func start() {
        _ = register(inboxRegistration)
        let thread = Thread { [self] in run() }
        thread.name = "nats"
        thread.stackSize = 1 << 20
        thread.start()
    }

    var status: ConnectionStatus { state.withLock { $0.status } }

    var metrics: ConnectionMetrics {
        var metrics = state.withLock { state in
            var metrics = state.metrics
            metrics.bufferedBytes = state.buffered
            return metrics
        }
        metrics.waiting = replies.count
        return metrics
    }

    /// The status now and after each change, until the connection is closed. Who is slow misses some between.
    var updates: AsyncStream<ConnectionStatus> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ConnectionStatus.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> UInt? in
            continuation.yield(state.status)
            guard !state.isEnded else { return nil }
            state.lastNumber += 1
            state.watchers[state.lastNumber] = continuation
            return state.lastNumber
        }
        if let number {
            continuation.onTermination = { [weak self] _ in self?.forget(watcher: number) }
        } else {
            continuation.finish()
        }
        return stream
    }

    private func forget(watcher number: UInt) {
        // Outside of the lock: what is removed may be the last to hold its stream.
        _ = state.withLock { $0.watchers.removeValue(forKey: number) }
    }

    func publish(_ message: OutgoingMessage) throws(MessagingError) { try enqueue(message) { _ in .publish(message) } }

    /// Sends a request; `completion` is called once, on a thread that must not be kept.
    func request(
        _ message: OutgoingMessage, timeout: Duration, _ completion: @escaping ReplyTable.Completion
    ) throws(MessagingError) -> UInt64 {
        let trouble = state.withLock { $0.status.state == .connected ? nil : Optional($0.status) }
        if let trouble { throw trouble.state == .closed ? .closed : .notConnected(trouble.lastTrouble) }
        guard let number = replies.add(message.subject, timeout: timeout, completion) else { throw .busy }
        do {
            try enqueue(message) { .request(message, number: number, connection: $0) }
        } catch {
            replies.finish(number, .failure(error))
        }
        return number
    }

    private func enqueue(_ message: OutgoingMessage, _ job: (_ connection: Int) -> Job) throws(MessagingError) {
        let result = state.withLock { state -> Result<Bool, MessagingError> in
            guard state.closingBy == nil, !state.isEnded else { return .failure(.closed) }
            let limit = state.status.payloadLimit
            guard limit == 0 || message.payload.count <= limit else {
                return .failure(.payloadTooLarge(bytes: message.payload.count, limit: limit))
            }
            guard state.buffered + message.cost <= bufferByteLimit else { return .failure(.busy) }
            state.buffered += message.cost
            state.jobs.append(job(state.status.connections))
            defer { state.isAsleep = false }
            return .success(state.isAsleep)
        }
        if try result.get() { wake.signal() }
    }

    /// Subscribes on this connection and every later one.
    func register(_ registration: Registration) -> UInt {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.registrations[state.lastNumber] = registration
            return state.lastNumber
        }
        enqueue(.attach(number))
        return number
    }

    /// Ends a registration at once.
    func forget(_ number: UInt) {
        state.withLock { $0.registrations[number] = nil }
        enqueue(.detach(number))
    }

    /// Lets no more messages come for a registration. Returns when all that came were handed over.
    func drain(_ number: UInt, timeout: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isConnected = state.withLock { state in
                state.registrations[number] = nil
                guard state.status.state == .connected, !state.isEnded else { return false }
                state.drains[number] = { continuation.resume() }
                return true
            }
            guard isConnected else {
                // Nothing comes any more; a connection that is just being made learns of it.
                enqueue(.detach(number))
                return continuation.resume()
            }
            enqueue(.drain(number, timeout: timeout))
        }
    }

    func enqueue(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    /// Ends everything by then. A second call may only shorten it.
    func close(by deadline: ContinuousClock.Instant) {
        state.withLock { state in state.closingBy = min(state.closingBy ?? deadline, deadline) }
        wake.signal()
    }
}
