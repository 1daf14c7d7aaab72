import Vocabulary

/// One metric with all its series, read at one moment: what a page of metrics is made of.
public struct MetricFamily: Sendable {
    /// As Prometheus names them.
    public enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// What a series shows.
    public enum Value: Sendable {
        case number(Double)
        case distribution(Distribution)
    }

    /// One series. Labels are of closed sets: words of ours, and names from the configuration.
    public struct Series: Sendable {
        public let labels: [String: String]
        public let value: Value
    }

    /// `gatehouse_…`, with its unit; counters end in `_total`.
    public let name: String
    public let help: String
    public let kind: Kind
    public private(set) var series: [Series] = []

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    static func counter(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .counter, help) }
    static func gauge(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .gauge, help) }
    static func histogram(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .histogram, help) }

    /// The family with one more series.
    func adding(_ value: some BinaryInteger, _ labels: [String: String] = [:]) -> MetricFamily {
        adding(Double(value), labels)
    }

    func adding(_ value: Double, _ labels: [String: String] = [:]) -> MetricFamily {
        adding(.number(value), labels)
    }

    func adding(_ value: Duration, _ labels: [String: String] = [:]) -> MetricFamily {
        adding(value / .seconds(1), labels)
    }

    func adding(_ value: Distribution, _ labels: [String: String] = [:]) -> MetricFamily {
        adding(.distribution(value), labels)
    }

    private func adding(_ value: Value, _ labels: [String: String]) -> MetricFamily {
        var family = self
        family.series.append(Series(labels: labels, value: value))
        return family
    }

    /// A counter with one series for each case of a closed set, counted or not: a series that appears only with its
    /// first event hides that event from whoever looks at how fast it grows.
    static func counter<Case: CaseIterable & Hashable & RawRepresentable<String>>(
        _ name: String, _ help: String, label: String, _ tally: Tally<Case>
    ) -> MetricFamily {
        let counts = tally.counts
        return Case.allCases.reduce(.counter(name, help)) { $0.adding(counts[$1] ?? 0, [label: $1.rawValue]) }
    }
}
