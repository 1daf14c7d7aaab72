import Synchronization

protocol RenderedMetric: AnyObject, Sendable {
    func render(name: String, labels: String, into text: inout String)
}

/// A number that only grows.
public final class Counter: RenderedMetric {
    private let stored = Atomic<Int>(0)

    init() {}

    /// Adds to the count; a negative amount is taken for none, as a counter never falls.
    public func increment(by amount: Int = 1) { stored.add(max(0, amount), ordering: .relaxed) }
    public var value: Int { stored.load(ordering: .relaxed) }

    func render(name: String, labels: String, into text: inout String) {
        text += line(name, labels, "\(value)")
    }
}

/// A number that goes up and down.
public final class Gauge: RenderedMetric {
    private let stored = Atomic<Int>(0)

    init() {}

    /// Moves the value up or down.
    public func add(_ amount: Int) { stored.add(amount, ordering: .relaxed) }

    /// Replaces the value.
    public func set(_ value: Int) { stored.store(value, ordering: .relaxed) }
    public var value: Int { stored.load(ordering: .relaxed) }

    func render(name: String, labels: String, into text: inout String) {
        text += line(name, labels, "\(value)")
    }
}

/// Observations counted in fixed buckets.
public final class Histogram: RenderedMetric {
    public static let requestSeconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ]

    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(buckets: [Double]) {
        bounds = buckets.sorted()
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    /// Counts one measurement in its bucket and in the sum.
    public func observe(_ value: Double) {
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    func render(name: String, labels: String, into text: inout String) {
        let snapshot = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        for (index, count) in snapshot.counts.enumerated() {
            total += count
            let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
            text += line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(total)")
        }
        text += line("\(name)_sum", labels, "\(snapshot.sum)")
        text += line("\(name)_count", labels, "\(total)")
    }
}

private func line(_ name: String, _ labels: String, _ value: String) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
}
