import Vocabulary

/// Keeps a flood of failures from flooding the journal: of one source's failures in a window the first is recorded by
/// itself, later ones are counted and recorded as one sum. Bounded in memory: beyond `capacity` sources the oldest
/// window is closed early.
public struct FailureFold<Source: Hashable & Sendable>: Sendable {
    /// What to journal now.
    public enum Record: Hashable, Sendable {
        case single(Source, at: Timestamp)
        /// Further failures of a source after its single one.
        case folded(Source, count: Int, first: Timestamp, last: Timestamp)
    }

    private struct Window {
        let start: Timestamp
        var count = 0
        var first: Timestamp
        var last: Timestamp
    }

    public let length: Duration
    public let capacity: Int
    private var windows: [Source: Window] = [:]
    /// Sources in the order in which their windows began; `oldest` points at the first that is not yet closed.
    private var order: [Source] = []
    private var oldest = 0

    /// `length` is a window's; at least one source is kept.
    public init(length: Duration = .seconds(60), capacity: Int = 10_000) {
        self.length = length
        self.capacity = max(1, capacity)
    }

    /// Notes one failure; answers what to journal, sums of closed windows first.
    public mutating func record(_ source: Source, at now: Timestamp) -> [Record] {
        var records = drain(at: now)
        if var window = windows[source] {
            if window.count == 0 { window.first = now }
            window.count += 1
            window.last = max(window.last, now)
            windows[source] = window
            return records
        }
        if windows.count >= capacity { records += closeOldest() }
        windows[source] = Window(start: now, first: now, last: now)
        order.append(source)
        return records + [.single(source, at: now)]
    }

    /// Closes the windows that have ended; the shell calls this from time to time, and `record` does.
    public mutating func drain(at now: Timestamp) -> [Record] {
        var records: [Record] = []
        while oldest < order.count, let window = windows[order[oldest]], now >= window.start + length {
            records += closeOldest()
        }
        return records
    }

    /// Closes every window: what is left to journal at shutdown.
    public mutating func drainAll() -> [Record] {
        var records: [Record] = []
        while oldest < order.count { records += closeOldest() }
        return records
    }

    private mutating func closeOldest() -> [Record] {
        let source = order[oldest]
        oldest += 1
        if oldest > capacity { (order, oldest) = (Array(order[oldest...]), 0) }
        guard let window = windows.removeValue(forKey: source), window.count > 0 else { return [] }
        return [.folded(source, count: window.count, first: window.first, last: window.last)]
    }
}
