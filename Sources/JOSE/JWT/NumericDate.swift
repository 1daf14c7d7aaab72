/// Seconds since 1970 in UTC, without leap seconds (RFC 7519 §2).
public struct NumericDate: Sendable, Hashable, Comparable, ExpressibleByIntegerLiteral {
    /// Whole seconds.
    public let seconds: Int64

    /// The end of the year 9999: a later time is a mistake of somebody's, in milliseconds for example.
    static let limit: Int64 = 253_402_300_799

    public init(seconds: Int64) { self.seconds = seconds }

    public init(integerLiteral value: Int64) { seconds = value }

    public static func < (left: NumericDate, right: NumericDate) -> Bool { left.seconds < right.seconds }

    /// Later by so many seconds, and never beyond what can be counted.
    public func adding(_ seconds: Int64) -> NumericDate {
        let (sum, overflows) = self.seconds.addingReportingOverflow(seconds)
        return NumericDate(seconds: overflows ? (seconds < 0 ? .min : .max) : sum)
    }

    /// Seconds from another time to this one.
    public func seconds(since other: NumericDate) -> Int64 {
        let (difference, overflows) = seconds.subtractingReportingOverflow(other.seconds)
        return overflows ? (seconds < other.seconds ? .min : .max) : difference
    }

    /// A number of a claim; fractions of a second are dropped. Nil for what is no time before the year 10000.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let seconds): self.seconds = seconds
        case .decimal(let literal):
            guard let real = Double(literal), real >= 0, real <= Double(Self.limit) else { return nil }
            seconds = Int64(real)
        default: return nil
        }
        guard (0...Self.limit).contains(seconds) else { return nil }
    }
}
