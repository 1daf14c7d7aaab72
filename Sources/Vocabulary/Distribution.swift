/// Measurements counted in fixed buckets: the value behind a histogram. Its size is set when it is made, whatever is
/// measured.
public struct Distribution: Sendable, Hashable {
    /// Upper bounds of the buckets, inclusive and ascending; what lies beyond the last has a bucket of its own.
    public let bounds: [Double]
    /// One count for each bound, and a last one for what lies beyond.
    public private(set) var counts: [Int]
    /// Of everything measured.
    public private(set) var sum = 0.0

    public init(bounds: [Double]) {
        self.bounds = bounds.sorted()
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts one measurement; what is not a number, or not a finite one, is left out.
    public mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// Counts a time, in seconds.
    public mutating func add(_ time: Duration) { add(time / .seconds(1)) }

    /// How many were measured.
    public var count: Int { counts.reduce(0, +) }

    /// From 100 µs to 10 s: requests, commits, waits.
    public static let seconds = Distribution(bounds: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ])
    /// From 0.1 s to an hour: jobs.
    public static let longSeconds = Distribution(bounds: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600])
    /// From a microsecond to a tenth of a second: decisions.
    public static let evaluations = Distribution(bounds: [
        0.000_001, 0.000_002_5, 0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.01, 0.1,
    ])
    /// How many at once, in powers of two.
    public static let sizes = Distribution(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096])
}
