import CNATS
import Dispatch
import Synchronization

/// What the worker's own thread does.
extension ConnectionWorker {
    func run() {
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
        let callbacks = ConnectionCallbacks(self, configuration, server)
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
}
