/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Pure code receives `now` as a value; only the shell asks the system's clock.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Saturates at the first and last moment there is: a number from outside never stops the process.
    public init(seconds: Int64) { microseconds = Duration.seconds(seconds).microseconds }

    /// Whole seconds since the epoch, rounded down: the `NumericDate` of RFC 7519 §2.
    public var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    public static let epoch = Timestamp(microseconds: 0)
    public static let distantFuture = Timestamp(microseconds: .max)

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// Adds a duration; saturates instead of overflowing, so that "forever" stays in the future.
    public static func + (left: Self, right: Duration) -> Self {
        let (sum, overflow) = left.microseconds.addingReportingOverflow(right.microseconds)
        return Timestamp(microseconds: overflow ? (right < .zero ? .min : .max) : sum)
    }

    /// The moment that lies `right` earlier, to the microsecond.
    public static func - (left: Self, right: Duration) -> Self {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return Timestamp(microseconds: overflow ? .min : difference)
    }

    /// The time from `right` to `left`, negative when `right` is the later one; saturates instead of overflowing.
    public static func - (left: Self, right: Self) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return .microseconds(overflow ? (left < right ? .min : .max) : difference)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let parsed = Timestamp(rfc3339: text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 date-time")
            }
            self = parsed
        } else {
            self.init(microseconds: try container.decode(Int64.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

extension Duration {
    /// The duration in microseconds, rounded towards zero, saturating.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carries) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || carries ? (seconds < 0 ? .min : .max) : sum
    }

    // Counts come from requests and configuration: too many are the longest time there is, never a trap.
    private static func times(_ count: Int, _ seconds: Int) -> Duration {
        let (product, overflow) = count.multipliedReportingOverflow(by: seconds)
        return .seconds(overflow ? (count < 0 ? .min : .max) : product)
    }

    /// So many times sixty seconds.
    public static func minutes(_ count: Int) -> Duration { times(count, 60) }

    /// So many times 3 600 seconds.
    public static func hours(_ count: Int) -> Duration { times(count, 3_600) }

    /// So many times 86 400 seconds; it knows no calendar.
    public static func days(_ count: Int) -> Duration { times(count, 86_400) }
}
