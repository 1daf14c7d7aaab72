/// The units that configuration values carry: `500ms`, `30s`, `15m`, `12h`, `30d`; `64KiB`, `1MiB`, `2GiB`; `5%`.
enum Quantity {
    private static let durations: [(suffix: String, unit: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
        ("d", .seconds(86_400)),
    ]
    private static let sizes: [(suffix: String, unit: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1),
    ]

    static func duration(_ text: String) -> Duration? {
        for (suffix, unit) in durations {
            if let count = count(in: text, before: suffix) { return unit * count }
        }
        return nil
    }

    static func bytes(_ text: String) -> Int? {
        for (suffix, unit) in sizes {
            if let count = count(in: text, before: suffix) { return count * unit }
        }
        return nil
    }

    /// A whole percentage as a number of hundredths; more than 100 is nil.
    static func percent(_ text: String) -> Int? {
        count(in: text, before: "%").flatMap { $0 <= 100 ? $0 : nil }
    }

    // Nine digits at most, so that no unit can overflow.
    private static func count(in text: String, before suffix: String) -> Int? {
        guard text.hasSuffix(suffix) else { return nil }
        let digits = text.dropLast(suffix.count)
        guard (1...9).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(digits)
    }
}
