import Gateway
import Synchronization
import Vocabulary

/// Holds what the HTTP layer itself counts and measures.
///
/// A handle, once made, is an atomic or a short lock; callers on a hot path keep it instead of asking again. At most
/// `seriesLimit` series are kept: labels beyond it share one series named `overflow`, so that no input grows memory.
public final class MetricsRegistry: Sendable {
    public static let seriesLimit = 2_000

    private struct Family {
        let help: String
        let kind: MetricFamily.Kind
        var series: [String: any Instrument] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// The counter of this name and these labels, made when it is first asked for.
    public func counter(_ name: String, help: String, labels: [String: String] = [:]) -> Counter {
        find(name, help, .counter, labels) { Counter() }
    }

    /// The gauge of this name and these labels, made when it is first asked for.
    public func gauge(_ name: String, help: String, labels: [String: String] = [:]) -> Gauge {
        find(name, help, .gauge, labels) { Gauge() }
    }

    /// - Parameter empty: its buckets; the default suits request times from 100 µs to 10 s.
    public func histogram(
        _ name: String, help: String, labels: [String: String] = [:], empty: Distribution = .seconds
    ) -> Histogram {
        find(name, help, .histogram, labels) { Histogram(empty) }
    }

    private func find<M: Instrument>(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [String: String], make: () -> M
    ) -> M {
        let key = MetricsPage.text(labels)
        return state.withLock { state in
            var family = state.families[name] ?? Family(help: help, kind: kind)
            if let known = family.series[key] as? M { return known }
            let isFull = state.count >= Self.seriesLimit
            let used = isFull ? MetricsPage.text(labels.mapValues { _ in "overflow" }) : key
            if isFull, let shared = family.series[used] as? M { return shared }
            let metric = make()
            family.series[used] = metric
            state.families[name] = family
            state.count += 1
            return metric
        }
    }

    /// The page behind `/metrics`: what is held here, and what was read elsewhere for it.
    public func render(with others: [MetricFamily] = []) -> String {
        var page = MetricsPage()
        for family in others { page.add(family) }
        for (name, family) in state.withLock({ $0.families }) {
            for (labels, metric) in family.series {
                page.add(name, family.kind, family.help, labels: labels, metric.reading)
            }
        }
        return page.text
    }
}
