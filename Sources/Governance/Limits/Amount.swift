import Vocabulary

/// An amount in millionths, so that sums are exact: a percentage, a quantity, a count.
public struct Amount: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let millionths: Int64

    /// So many millionths.
    public init(millionths: Int64) { self.millionths = millionths }

    /// A whole amount; saturates at the ends of its range.
    public init(_ whole: Int64) {
        let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
        millionths = overflow ? (whole < 0 ? .min : .max) : product
    }

    /// A number of a document or a request, rounded to the nearest millionth. Nil when it is none, not finite or more
    /// than 9,000,000,000,000 either way.
    public init?(_ value: AttributeValue) {
        switch value {
        case .integer(let number) where abs(Double(number)) <= 9e12: self.init(number)
        case .number(let number) where number.isFinite && abs(number) <= 9e12:
            self.init(millionths: Int64((number * 1_000_000).rounded()))
        default: return nil
        }
    }

    /// Nothing at all.
    public static let zero = Amount(millionths: 0)

    /// Without its sign.
    public var magnitude: Amount { Amount(millionths: millionths == .min ? .max : abs(millionths)) }

    /// The sum, saturating: what overflows stays above every limit.
    public static func + (left: Amount, right: Amount) -> Amount {
        let (sum, overflow) = left.millionths.addingReportingOverflow(right.millionths)
        return Amount(millionths: overflow ? (right.millionths < 0 ? .min : .max) : sum)
    }

    /// The difference, saturating.
    public static func - (left: Amount, right: Amount) -> Amount {
        let (difference, overflow) = left.millionths.subtractingReportingOverflow(right.millionths)
        return Amount(millionths: overflow ? (right.millionths < 0 ? .max : .min) : difference)
    }

    public static func < (left: Amount, right: Amount) -> Bool { left.millionths < right.millionths }

    public var description: String {
        let (whole, rest) = (abs(millionths / 1_000_000), abs(millionths % 1_000_000))
        guard rest != 0 else { return (millionths < 0 ? "-" : "") + String(whole) }
        let digits = String(rest)
        let padded = String(repeating: "0", count: 6 - digits.count) + digits
        let fraction = String(padded.reversed().drop { $0 == "0" }.reversed())
        return (millionths < 0 ? "-" : "") + "\(whole).\(fraction)"
    }
}
