/// Decides whether a server is worth asking: closed while it works, open after failures, then one trial at a time.
/// Pure; the moment is handed in as a duration since any fixed start.
public struct CircuitBreaker: Sendable, Hashable {
    private enum State: Sendable, Hashable {
        case closed(failures: Int)
        case open(until: Duration, pause: Duration)
        case trial(since: Duration, pause: Duration)
    }

    private var state = State.closed(failures: 0)
    private let failureThreshold: Int
    private let firstPause: Duration
    private let longestPause: Duration

    /// - Parameters:
    ///   - failureThreshold: failures in a row that open the circuit.
    ///   - firstPause: how long it stays open; doubled by each failed trial up to `longestPause`.
    public init(
        failureThreshold: Int = 1, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(30)
    ) {
        self.failureThreshold = max(1, failureThreshold)
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// Where the circuit stands, as a word.
    public enum Condition: String, Sendable, CaseIterable {
        /// The server works.
        case closed
        /// It is left alone.
        case open
        /// One caller tries it.
        case trial
    }

    public var condition: Condition {
        switch state {
        case .closed: .closed
        case .open: .open
        case .trial: .trial
        }
    }

    /// True while the server works.
    public var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Asks to use the server. A yes while it is not closed is the one trial; a trial never reported is forgotten
    /// after the longest pause.
    public mutating func permits(at now: Duration) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until, let pause):
            guard now >= until else { return false }
            state = .trial(since: now, pause: pause)
            return true
        case .trial(let since, let pause):
            guard now >= since + longestPause else { return false }
            state = .trial(since: now, pause: pause)
            return true
        }
    }

    /// Closes the circuit and forgets earlier failures.
    public mutating func succeeded() { state = .closed(failures: 0) }

    /// The trial ended without telling anything, as when its caller gave up: the next caller may try.
    public mutating func learnedNothing(at now: Duration) {
        if case .trial(_, let pause) = state { state = .open(until: now, pause: pause) }
    }

    /// Counts a failure; `now` is monotonic. At the threshold the circuit opens for its pause.
    public mutating func failed(at now: Duration) {
        switch state {
        case .closed(let failures):
            state =
                failures + 1 >= failureThreshold
                ? .open(until: now + firstPause, pause: firstPause) : .closed(failures: failures + 1)
        case .trial(_, let pause):
            let longer = min(pause * 2, longestPause)
            state = .open(until: now + longer, pause: longer)
        case .open: break
        }
    }
}
