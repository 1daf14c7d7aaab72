import Gateway
import Synchronization
import Vocabulary

/// What a registry holds: something that can be read at any moment.
protocol Instrument: AnyObject, Sendable {
    var reading: MetricFamily.Value { get }
}

/// A number that only grows.
public final class Counter: Instrument {
    private let stored = Atomic<Int>(0)

    init() {}

    /// Adds to the count; a negative amount is taken for none, as a counter never falls.
    public func increment(by amount: Int = 1) { stored.add(max(0, amount), ordering: .relaxed) }
    public var value: Int { stored.load(ordering: .relaxed) }
    var reading: MetricFamily.Value { .number(Double(value)) }
}

/// A number that goes up and down.
public final class Gauge: Instrument {
    private let stored = Atomic<Int>(0)

    init() {}

    /// Moves the value up or down.
    public func add(_ amount: Int) { stored.add(amount, ordering: .relaxed) }

    public var value: Int { stored.load(ordering: .relaxed) }
    var reading: MetricFamily.Value { .number(Double(value)) }
}

/// Observations counted in fixed buckets.
public final class Histogram: Instrument {
    private let distribution: Mutex<Distribution>

    init(_ empty: Distribution) { distribution = Mutex(empty) }

    /// Counts one measurement in its bucket and in the sum.
    public func observe(_ value: Double) { distribution.withLock { $0.add(value) } }

    var reading: MetricFamily.Value { .distribution(distribution.withLock { $0 }) }
}
