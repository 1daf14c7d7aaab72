import Foundation

/// A page of metrics read as a scraper reads it (Prometheus text format 0.0.4), with whatever is wrong with it.
struct Exposition {
    struct Family {
        let name: String
        let kind: String
    }

    private(set) var values: [String: Double] = [:]
    private(set) var families: [String: Family] = [:]
    private(set) var faults: [String] = []
    private var helps: Set<String> = []
    private var current: Family?

    init(_ text: String) {
        if !text.hasSuffix("\n") { faults.append("the last line does not end") }
        for line in text.split(separator: "\n") { take(line) }
        for family in families.values { check(family) }
    }

    /// The value of a series, by its name and labels in the order of their names; nil where it is not there.
    subscript(_ series: String) -> Double? { values[series] }

    private mutating func take(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3)
        switch words.prefix(2) {
        case ["#", "HELP"]:
            if !helps.insert(String(words[2])).inserted { faults.append("HELP of \(words[2]) twice") }
            if words.count < 4 { faults.append("no help for \(words[2])") }
        case ["#", "TYPE"]: begin(String(words[2]), words.count > 3 ? String(words[3]) : "")
        default: sample(line)
        }
    }

    private mutating func begin(_ name: String, _ kind: String) {
        let family = Family(name: name, kind: kind)
        if !helps.contains(name) { faults.append("TYPE of \(name) before its HELP") }
        if families.updateValue(family, forKey: name) != nil { faults.append("TYPE of \(name) twice") }
        if !["counter", "gauge", "histogram"].contains(kind) { faults.append("\(name) is of type \(kind)") }
        if (kind == "counter") != name.hasSuffix("_total") { faults.append("\(name) is a \(kind)") }
        if !name.hasPrefix("gatehouse_"), !name.hasPrefix("process_") { faults.append("\(name) is nobody's") }
        current = family
    }

    private mutating func sample(_ line: Substring) {
        guard let match = line.wholeMatch(of: /([a-z_]+)(\{([a-z_]+="(?:[^"\\]|\\.)*",?)*\})? (\S+)/),
            let value = Double(match.output.4)
        else { return faults.append("not a sample: \(line)") }
        let name = String(match.output.1)
        let series = String(line.prefix(upTo: line.lastIndex(of: " ")!))
        if values.updateValue(value, forKey: series) != nil { faults.append("\(series) twice") }
        if value < 0 { faults.append("\(series) is \(value)") }
        let suffixes = current?.kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        if !suffixes.contains(where: { name == (current?.name ?? "") + $0 }) {
            faults.append("\(series) stands below \(current?.name ?? "nothing")")
        }
    }

    /// The buckets of a histogram rise to its count.
    private mutating func check(_ family: Family) {
        guard family.kind == "histogram" else { return }
        var buckets: [String: [(bound: Double, count: Double)]] = [:]
        for (series, value) in values {
            guard let match = series.wholeMatch(of: /([a-z_]+)_bucket\{(.*?),?le="([^"]+)"\}/),
                match.output.1 == family.name
            else { continue }
            let bound = match.output.3 == "+Inf" ? Double.infinity : Double(match.output.3) ?? .nan
            buckets[String(match.output.2), default: []].append((bound, value))
        }
        if buckets.isEmpty { faults.append("\(family.name) has no buckets") }
        for (labels, list) in buckets {
            let counts = list.sorted { $0.bound < $1.bound }
            let total = values[labels.isEmpty ? "\(family.name)_count" : "\(family.name)_count{\(labels)}"]
            if counts.last?.bound != .infinity || counts.last?.count != total {
                faults.append("\(family.name){\(labels)} does not end at its count")
            }
            if zip(counts, counts.dropFirst()).contains(where: { $0.count > $1.count }) {
                faults.append("\(family.name){\(labels)} falls")
            }
        }
    }
}
