import Gateway
import Vocabulary

/// A page in the Prometheus text format 0.0.4: families in the order of their names, each said once, and their series in
/// the order of their labels.
struct MetricsPage {
    private struct Family {
        let kind: MetricFamily.Kind
        let help: String
        var series: [(labels: String, value: MetricFamily.Value)] = []
    }

    private var families: [String: Family] = [:]

    /// Adds a series to the family of this name; the first kind and help that a name came with are kept.
    mutating func add(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String, labels: String, _ value: MetricFamily.Value
    ) {
        families[name, default: Family(kind: kind, help: help)].series.append((labels, value))
    }

    /// A family is named even before its first series, so that whoever looks for it knows that it is measured.
    mutating func add(_ family: MetricFamily) {
        families[family.name, default: Family(kind: family.kind, help: family.help)].series += []
        for series in family.series {
            add(family.name, family.kind, family.help, labels: Self.text(series.labels), series.value)
        }
    }

    var text: String {
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(Self.escaped(help: family.help))\n# TYPE \(name) \(family.kind.rawValue)\n"
            for series in family.series.sorted(by: { $0.labels < $1.labels }) {
                switch series.value {
                case .number(let value): text += Self.line(name, series.labels, Self.text(value))
                case .distribution(let value): text += Self.lines(name, series.labels, value)
                }
            }
        }
        return text
    }

    private static func lines(_ name: String, _ labels: String, _ distribution: Distribution) -> String {
        let prefix = labels.isEmpty ? "" : labels + ","
        var (text, total) = ("", 0)
        for (index, count) in distribution.counts.enumerated() {
            total += count
            let bound = index < distribution.bounds.count ? "\(distribution.bounds[index])" : "+Inf"
            text += line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(total)")
        }
        return text + line("\(name)_sum", labels, Self.text(distribution.sum))
            + line("\(name)_count", labels, "\(total)")
    }

    private static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// Whole numbers without a fraction.
    private static func text(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    /// Labels in the order of their names.
    static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    private static func escaped(help: String) -> String {
        help.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    }
}
