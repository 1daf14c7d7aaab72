import Synchronization

/// Holds every metric of the process and renders them in Prometheus text format 0.0.4.
///
/// A handle, once made, is an atomic or a short lock; callers on a hot path keep it instead of asking again. At most
/// `seriesLimit` series are kept: labels beyond it share one series named `overflow`, so that no input grows memory.
public final class MetricsRegistry: Sendable {
    public static let seriesLimit = 2_000

    private struct Family {
        let help: String
        let type: String
        var series: [String: any RenderedMetric] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// The counter of this name and these labels, made when it is first asked for.
    public func counter(_ name: String, help: String, labels: [String: String] = [:]) -> Counter {
        find(name, help, "counter", labels) { Counter() }
    }

    /// The gauge of this name and these labels, made when it is first asked for.
    public func gauge(_ name: String, help: String, labels: [String: String] = [:]) -> Gauge {
        find(name, help, "gauge", labels) { Gauge() }
    }

    /// - Parameter buckets: ascending upper bounds; the default suits request times from 100 µs to 10 s.
    public func histogram(
        _ name: String, help: String, labels: [String: String] = [:], buckets: [Double] = Histogram.requestSeconds
    ) -> Histogram {
        find(name, help, "histogram", labels) { Histogram(buckets: buckets) }
    }

    private func find<M: RenderedMetric>(
        _ name: String, _ help: String, _ type: String, _ labels: [String: String], make: () -> M
    ) -> M {
        let key = Self.render(labels)
        return state.withLock { state in
            var family = state.families[name] ?? Family(help: help, type: type)
            if let known = family.series[key] as? M { return known }
            let isFull = state.count >= Self.seriesLimit
            let used = isFull ? Self.render(labels.mapValues { _ in "overflow" }) : key
            if isFull, let shared = family.series[used] as? M { return shared }
            let metric = make()
            family.series[used] = metric
            state.families[name] = family
            state.count += 1
            return metric
        }
    }

    /// The page behind `/metrics`, families and series in a stable order.
    public func render() -> String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(Self.escapeHelp(family.help))\n# TYPE \(name) \(family.type)\n"
            for (labels, metric) in family.series.sorted(by: { $0.key < $1.key }) {
                metric.render(name: name, labels: labels, into: &text)
            }
        }
        return text
    }

    private static func render(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escape($0.value))\"" }.joined(separator: ",")
    }

    private static func escape(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    private static func escapeHelp(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    }
}
