import CNATS
import Dispatch
import Foundation
import NKeys
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

    private struct State {
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

    private let state: Mutex<State>
    private let wake = DispatchSemaphore(value: 0)
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

    // MARK: What callers use

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
            let isEnded = state.withLock { state in
                state.registrations[number] = nil
                guard !state.isEnded else { return true }
                state.drains[number] = { continuation.resume() }
                return false
            }
            if isEnded { return continuation.resume() }
            enqueue(.drain(number, timeout: timeout))
        }
    }

    private func enqueue(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    /// Ends everything by then. A second call may only shorten it.
    func close(by deadline: ContinuousClock.Instant) {
        state.withLock { state in state.closingBy = min(state.closingBy ?? deadline, deadline) }
        wake.signal()
    }

    // MARK: The thread

    private func run() {
        guard let configuration = state.withLock({ $0.configuration }) else { return }
        var backoff = Backoff(configuration.reconnectWait)
        var next = 0
        while !isClosing {
            let server = configuration.servers[next % configuration.servers.count]
            if let live = connect(configuration, server) {
                serve(live)
                if ContinuousClock.now - live.since > .seconds(5) { backoff.reset() }
                sleep(backoff.next())
            } else {
                next += 1
                if next % configuration.servers.count == 0 { sleep(backoff.next()) }
            }
        }
        end()
    }

    private var isClosing: Bool { state.withLock { $0.closingBy != nil } }

    private func sleep(_ duration: Duration) {
        let deadline = ContinuousClock.now + duration
        while !isClosing, deadline > .now {
            state.withLock { $0.isAsleep = true }
            _ = wake.wait(timeout: .now() + .milliseconds(Int((deadline - .now).milliseconds)))
            replies.expire()
        }
    }

    private func connect(_ configuration: MessagingConfiguration, _ server: MessagingServer) -> LiveConnection? {
        state.withLock { $0.lost = nil }
        let callbacks = Callbacks(self, configuration, server)
        // Beside the library's own limit, which does not hold for handshakes.
        let outcome = ConnectAttempt.run(server, limit: configuration.connectTimeout + .seconds(2)) {
            callbacks.connect(configuration, server)
        }
        switch outcome {
        case .failed(let trouble):
            callbacks.remove()
            change { status in
                status.lastTrouble = trouble
                status.failedAttempts += 1
            }
            return nil
        case .connected(let connection):
            return welcome(LiveConnection(connection.pointer, server, callbacks: callbacks.numbers))
        }
    }

    private func welcome(_ live: LiveConnection) -> LiveConnection? {
        for (number, registration) in state.withLock({ $0.registrations }).sorted(by: { $0.key < $1.key }) {
            guard attach(number, registration, live) else {
                live.close()
                return nil
            }
        }
        let limit = live.payloadLimit
        change { status in
            status.state = .connected
            status.server = live.server.description
            status.connections += 1
            status.failedAttempts = 0
            status.payloadLimit = limit
        }
        return live
    }

    private func attach(_ number: UInt, _ registration: Registration, _ live: LiveConnection) -> Bool {
        live.subscribe(registration, number) { [weak self] in self?.drained(number) } == NATS_OK
    }

    private func drained(_ number: UInt) {
        guard let finish = state.withLock({ $0.drains.removeValue(forKey: number) }) else { return }
        finish()
        enqueue(.detach(number))
    }

    /// Writes until the connection ends or is to be closed.
    private func serve(_ live: LiveConnection) {
        while true {
            let (jobs, lost, closingBy) = take()
            if let lost {
                keep(jobs)
                return leave(live, lost)
            }
            let failed = jobs.firstIndex { !perform($0, live) }
            if let failed { keep(Array(jobs[failed...])) }
            if let closingBy, jobs.isEmpty || failed != nil || closingBy <= .now { return close(live, by: closingBy) }
            replies.expire()
            if failed != nil || live.isClosed {
                awaitReason(live)
                continue
            }
            guard
                state.withLock({ state in
                    state.isAsleep = state.jobs.isEmpty && state.lost == nil && state.closingBy == nil
                    return state.isAsleep
                })
            else { continue }
            _ = wake.wait(timeout: .now() + (replies.count > 0 ? .milliseconds(50) : .seconds(1)))
        }
    }

    /// The library stops before it says why; the reason follows on its own thread.
    private func awaitReason(_ live: LiveConnection) {
        let deadline = ContinuousClock.now + .milliseconds(200)
        while deadline > .now, !isClosing, state.withLock({ $0.lost == nil }) {
            _ = wake.wait(timeout: .now() + .milliseconds(Int((deadline - .now).milliseconds)))
        }
        lose(ConnectionTrouble(.connectionLost, "", server: live.server.description))
    }

    private func take() -> ([Job], ConnectionTrouble?, ContinuousClock.Instant?) {
        state.withLock { state in
            state.isAsleep = false
            let jobs = state.jobs
            state.jobs = []
            state.buffered -= jobs.reduce(0) { $0 + $1.cost }
            return (jobs, state.lost, state.closingBy)
        }
    }

    /// Puts back what was not sent. Requests are not: their answers would come to nobody.
    private func keep(_ jobs: [Job]) {
        for case .request(_, let number, _) in jobs { replies.finish(number, .failure(.connectionLost)) }
        let rest = jobs.filter { if case .request = $0 { false } else { true } }
        state.withLock { state in
            state.jobs = rest + state.jobs
            state.buffered += rest.reduce(0) { $0 + $1.cost }
        }
    }

    /// False when the connection has ended, so that the job is still to be done.
    private func perform(_ job: Job, _ live: LiveConnection) -> Bool {
        switch job {
        case .publish(let message): return send(message, reply: nil, live, number: nil)
        case .request(let message, let number, let connection):
            guard connection == state.withLock({ $0.status.connections }) else {
                replies.finish(number, .failure(.connectionLost))
                return true
            }
            return send(message, reply: inbox + String(number, radix: 36), live, number: number)
        case .attach(let number):
            guard let registration = state.withLock({ $0.registrations[number] }), !live.has(number) else {
                return true
            }
            return attach(number, registration, live)
        case .drain(let number, let timeout):
            if !live.drain(number, timeout: timeout) { drained(number) }
            return true
        case .detach(let number):
            live.remove(number)
            return true
        }
    }

    private func send(_ message: OutgoingMessage, reply: String?, _ live: LiveConnection, number: UInt64?) -> Bool {
        let status = message.send(live.pointer, reply: reply)
        if status == NATS_OK {
            state.withLock { $0.metrics.sent += 1 }
            return true
        }
        if live.isClosed || status == NATS_CONNECTION_CLOSED || status == NATS_IO_ERROR { return false }
        let error: MessagingError =
            status == NATS_MAX_PAYLOAD
            ? .payloadTooLarge(bytes: message.payload.count, limit: live.payloadLimit)
            : .library(safe(lastErrorText(status)))
        if let number { replies.finish(number, .failure(error)) } else { state.withLock { $0.metrics.dropped += 1 } }
        return true
    }

    private func leave(_ live: LiveConnection, _ trouble: ConnectionTrouble) {
        live.close()
        change { status in
            status.state = .reconnecting
            status.server = nil
            status.lastTrouble = trouble
        }
        replies.failAll(.connectionLost)
        // What was being drained has nothing more to hand over.
        for number in state.withLock({ Array($0.drains.keys) }) { drained(number) }
    }

    private func close(_ live: LiveConnection, by deadline: ContinuousClock.Instant) {
        if !live.isClosed, deadline > .now { _ = live.flush(timeout: deadline - .now) }
        live.close()
    }

    private func end() {
        let (jobs, drains, watchers) = state.withLock { state in
            defer { (state.jobs, state.drains, state.watchers, state.registrations) = ([], [:], [:], [:]) }
            state.isEnded = true
            state.buffered = 0
            // The credentials go with it.
            state.configuration = nil
            state.status.state = .closed
            state.status.server = nil
            state.metrics.dropped += state.jobs.count { if case .publish = $0 { true } else { false } }
            return (state.jobs, state.drains, state.watchers)
        }
        keep(jobs.filter { if case .request = $0 { true } else { false } })
        replies.failAll(.closed)
        for drain in drains.values { drain() }
        let status = status
        for watcher in watchers.values {
            watcher.yield(status)
            watcher.finish()
        }
    }

    private func change(_ body: (inout ConnectionStatus) -> Void) {
        let (status, watchers) = state.withLock { state in
            body(&state.status)
            return (state.status, Array(state.watchers.values))
        }
        for watcher in watchers { watcher.yield(status) }
    }

    // MARK: What the library calls

    func lose(_ trouble: ConnectionTrouble) {
        state.withLock { state in if state.lost == nil { state.lost = trouble } }
        wake.signal()
    }

    func count(received: Int) { state.withLock { $0.metrics.received += received } }

    func refuse(_ text: String) {
        // Permissions Violation for Publish to "subject"
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count >= 2, text.lowercased().contains("publish to") else { return }
        replies.refuse(subject: String(parts[1]))
    }

    private var inboxRegistration: Registration {
        Registration(subject: inbox + "*", queue: nil, messageLimit: 65_536, byteLimit: 64 * 1_048_576) {
            [weak self, length = inbox.utf8.count] message in
            guard let self else { return }
            let incoming = IncomingMessage(message)
            guard let number = UInt64(incoming.subject.dropFirst(length), radix: 36) else { return }
            count(received: 1)
            let isNobody = natsMsg_IsNoResponders(message)
            replies.finish(number, isNobody ? .failure(.noResponders) : .success(incoming))
        }
    }
}

/// What the library calls for one connection.
private struct Callbacks: Sendable {
    let numbers: [UInt]

    init(_ worker: ConnectionWorker, _ configuration: MessagingConfiguration, _ server: MessagingServer) {
        let name = server.description
        let closed = CallbackTable.add(
            .closed { [weak worker] status, text in
                worker?.lose(ConnectionTrouble(status, text, server: name, fallback: .connectionLost))
            })
        let trouble = CallbackTable.add(
            .trouble { [weak worker] status, text in if status == NATS_NOT_PERMITTED { worker?.refuse(text) } })
        var numbers = [closed, trouble]
        if case .user(let jwt, let pair) = configuration.credentials.kind {
            numbers.append(CallbackTable.add(.credentials(jwt: jwt) { try? pair.sign($0) }))
        }
        self.numbers = numbers
    }

    func remove() { for number in numbers { CallbackTable.remove(number) } }

    func connect(_ configuration: MessagingConfiguration, _ server: MessagingServer) -> ConnectAttempt.Outcome {
        do throws(ConnectionTrouble) {
            let options = try ConnectionOptions(
                configuration, server, credentials: numbers.last ?? 0, closed: numbers[0], trouble: numbers[1])
            var connection: OpaquePointer?
            let status = natsConnection_Connect(&connection, options.pointer)
            guard status == NATS_OK, let connection else {
                return .failed(ConnectionTrouble(status, lastErrorText(status), server: server.description))
            }
            return .connected(ConnectAttempt.Connection(pointer: connection))
        } catch {
            return .failed(error)
        }
    }
}
