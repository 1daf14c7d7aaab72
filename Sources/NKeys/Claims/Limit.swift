/// A limit of NATS: a number, or none at all.
///
/// A limit that a token leaves out is 0, and nothing is allowed; in the template of a scoped signing key it is none at all.
/// So this library writes every limit out.
public struct Limit: Sendable, Hashable, RawRepresentable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// -1 for no limit.
    public let rawValue: Int64

    /// Nothing holds it back (-1).
    public static let unlimited: Limit = -1
    /// Nothing is allowed (0).
    public static let nothing: Limit = 0

    /// -1, 0 or a number; everything below is refused when claims are looked at.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(integerLiteral value: Int64) { rawValue = value }

    /// Whether so many are within it.
    public func allows(_ count: Int) -> Bool { self == .unlimited || Int64(count) <= rawValue }

    public var description: String { self == .unlimited ? "unlimited" : String(rawValue) }

    /// Servers keep some limits in 32 bits, and an older one cuts a larger number down to them: 2^32 - 1 would be no limit,
    /// and 2^32 none allowed.
    func faults(_ place: String, bits: Int = 64) -> [NATSFault] {
        if rawValue < -1 {
            return [NATSFault(.invalidLimit, place, "is \(rawValue)", "Write -1 for no limit, or a number from 0 on.")]
        }
        if bits == 32, rawValue > Int64(Int32.max) {
            return [
                NATSFault(.invalidLimit, place, "is \(rawValue)", "Write \(Int32.max) at most, or -1 for no limit.")
            ]
        }
        return []
    }
}
