/// Waits that grow: each twice the one before up to the longest, shortened by up to half at random, so that many clients of a
/// server that comes back do not come at once.
struct Backoff: Sendable {
    private let range: ClosedRange<Duration>
    private var full: Duration

    init(_ range: ClosedRange<Duration>) {
        self.range = range
        full = range.lowerBound
    }

    mutating func next() -> Duration {
        defer { full = min(full * 2, range.upperBound) }
        return full * Double.random(in: 0.5...1)
    }

    mutating func reset() { full = range.lowerBound }
}
