import Synchronization

/// Publishes the events of a log to a stream, in order, none lost and none twice.
///
/// The stream itself says how far it is: its last message carries its position in the log, and after a start and after any trouble
/// that is read, held against the log, and gone on from. Each event is sent to be taken only as the next after a sequence
/// (`Nats-Expected-Last-Sequence`) and, within one run, after the event before it (`Nats-Expected-Last-Msg-Id`). So many can
/// be in flight: when one is lost, all behind it are refused, and when one arrives late or twice, its place is taken. This
/// holds when acknowledgements are lost, when a server loses what it had acknowledged and not yet written to its disk, when it
/// was away for longer than it remembers ids, and when two relays run; `Nats-Msg-Id` alone does none of it.
public final class EventRelay: Sendable {
    private struct State {
        var metrics = RelayMetrics()
        var status = RelayStatus.starting
        var cursor: RelayCursor?
        var saved: RelayCursor?
        var hasLoaded = false
        /// The last position that was ever sent.
        var sent: Int64 = 0
        var attempt = 0
    }

    let stream: EventStream
    let source: RelaySource
    let configuration: RelayConfiguration
    private let state = Mutex(State())
    private let mailbox = RelayMailbox()

    public init(_ stream: EventStream, _ source: RelaySource, _ configuration: RelayConfiguration = .init()) {
        self.stream = stream
        self.source = source
        self.configuration = configuration
    }

    /// Says that there are new events, up to this position where it is known.
    public func wake(head: Int64? = nil) {
        if let head { count { $0.head = max($0.head, head) } }
        mailbox.wake()
    }

    public var metrics: RelayMetrics { state.withLock { $0.metrics } }
    public var status: RelayStatus { state.withLock { $0.status } }

    /// Relays until the task is cancelled or the connection is closed by its owner. What was in flight then is found in the stream, or
    /// missing there, at the next start. One call at a time.
    public func run() async {
        let ticker = Task { [mailbox, interval = configuration.pollInterval] in
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                mailbox.wake()
            }
        }
        // A server that was away may have lost what it had acknowledged.
        let watcher = Task { [mailbox, updates = stream.connection.updates] in
            for await status in updates where status.state == .connected { mailbox.wake() }
        }
        defer {
            ticker.cancel()
            watcher.cancel()
        }
        var backoff = Backoff(configuration.retryWait)
        while !Task.isCancelled, stream.connection.status.state != .closed {
            let before = metrics.acknowledged
            do throws(RelayTrouble) {
                set(.starting)
                // Counted before the stream is asked: what it says is of this connection or of none.
                let connections = stream.connection.status.connections
                try await pump(from: resume(), connections)
            } catch {
                set(.waiting(error))
                if metrics.acknowledged > before { backoff.reset() }
                await wait(error, backoff.next())
            }
        }
        await save()
        set(.stopped)
    }

    private func wait(_ trouble: RelayTrouble, _ pause: Duration) async {
        if trouble == .disconnected { try? await stream.connection.untilConnected() }
        // Of two relays one stands back for longer than the other.
        let extra: Duration = trouble == .overtaken ? .milliseconds(Int.random(in: 50...500)) : .zero
        try? await Task.sleep(for: pause + extra)
    }

    /// Sends what the log has and keeps the window full, until there is trouble.
    private func pump(from start: RelayCursor, _ connections: Int) async throws(RelayTrouble) {
        var window = RelayWindow(stream: stream.definition.name, after: start)
        var checked = ContinuousClock.now
        let attempt = state.withLock { state in
            state.attempt += 1
            return state.attempt
        }
        var events: ArraySlice<RelayedEvent> = []
        var mayHaveMore = true
        while !Task.isCancelled {
            while window.count < configuration.inFlightLimit {
                if events.isEmpty, mayHaveMore {
                    events = try await fetch(after: window.position)[...]
                    mayHaveMore = !events.isEmpty
                }
                guard let event = events.popFirst() else { break }
                try send(event, &window, attempt)
            }
            if window.count == 0 {
                await save()
                set(.upToDate)
            }
            let (outcomes, isWoken) = await mailbox.take()
            for outcome in outcomes where outcome.attempt == attempt { try settle(outcome, &window) }
            await saveNowAndThen()
            guard stream.connection.status.connections == connections else { throw .disconnected }
            if isWoken { mayHaveMore = true }
            if isWoken, window.count == 0, ContinuousClock.now - checked > configuration.pollInterval {
                try await check(window)
                checked = .now
            }
        }
    }

    /// Looks whether the stream still has what it acknowledged: behind a server that stays, one of its cluster may have lost it.
    private func check(_ window: RelayWindow) async throws(RelayTrouble) {
        let now: StreamState?
        do { now = try await stream.state() } catch { throw RelayTrouble(error) }
        let created = state.withLock { $0.cursor?.streamCreated }
        guard let now, now.lastSequence >= window.sequence, now.created == created else { throw .outOfStep }
    }

    private func send(_ event: RelayedEvent, _ window: inout RelayWindow, _ attempt: Int) throws(RelayTrouble) {
        let sequence = window.sequence + 1
        do throws(MessagingError) {
            let message = try event.message(after: window.sequence, window.messageID)
            _ = try stream.connection.worker.request(message, timeout: configuration.acknowledgementTimeout) {
                [mailbox] result in
                mailbox.post(RelayMailbox.Outcome(attempt: attempt, sequence: sequence, result: result))
            }
        } catch {
            throw RelayWindow.trouble(error, event.position)
        }
        window.send(event)
        state.withLock { state in
            state.status = .running
            state.metrics.published += 1
            if event.position <= state.sent { state.metrics.retried += 1 }
            state.sent = max(state.sent, event.position)
        }
    }

    private func settle(_ outcome: RelayMailbox.Outcome, _ window: inout RelayWindow) throws(RelayTrouble) {
        do throws(RelayTrouble) {
            guard let done = try window.settle(outcome) else { return }
            state.withLock { state in
                state.metrics.acknowledged += done.count
                if done.isDuplicate { state.metrics.duplicates += 1 }
                state.metrics.position = done.position
                state.cursor = RelayCursor(
                    position: done.position, sequence: done.sequence, streamCreated: state.cursor?.streamCreated ?? "")
            }
        } catch {
            count { $0.refused += 1 }
            throw error
        }
    }

    private func fetch(after position: Int64) async throws(RelayTrouble) -> [RelayedEvent] {
        let events: [RelayedEvent]
        do { events = try await source.next(position, configuration.batchLimit) } catch {
            throw .log(safe("\(error)"))
        }
        var last = position
        for event in events {
            guard event.position > last else { throw .log("the event at \(event.position) follows \(last)") }
            last = event.position
        }
        count { $0.head = max($0.head, last) }
        return events
    }

    private func save() async {
        guard let cursor = state.withLock({ $0.cursor == $0.saved ? nil : $0.cursor }) else { return }
        // The stream knows better anyway: a cursor that could not be kept is kept the next time.
        do { try await source.save(cursor) } catch { return }
        state.withLock { $0.saved = cursor }
    }

    private func saveNowAndThen() async {
        let distance = state.withLock { state in
            (state.cursor?.sequence ?? 0) - min(state.saved?.sequence ?? 0, state.cursor?.sequence ?? 0)
        }
        if distance >= configuration.saveInterval { await save() }
    }

    private func set(_ status: RelayStatus) { state.withLock { $0.status = status } }
    func count(_ body: (inout RelayMetrics) -> Void) { state.withLock { body(&$0.metrics) } }

    /// The cursor of this stream, from memory or from where it is kept.
    func cursor(created: String) async throws(RelayTrouble) -> RelayCursor? {
        if !state.withLock({ $0.hasLoaded }) {
            let loaded: RelayCursor?
            do { loaded = try await source.load() } catch { throw .log(safe("\(error)")) }
            state.withLock { state in
                state.hasLoaded = true
                (state.cursor, state.saved) = (loaded, loaded)
            }
        }
        return state.withLock { $0.cursor?.streamCreated == created ? $0.cursor : nil }
    }

    /// Goes on from here.
    func settle(at cursor: RelayCursor) {
        state.withLock { state in
            state.cursor = cursor
            state.metrics.position = cursor.position
            state.metrics.head = max(state.metrics.head, cursor.position)
        }
    }
}
