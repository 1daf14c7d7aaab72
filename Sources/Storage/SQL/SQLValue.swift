import Vocabulary

/// One value as it goes into or comes out of a statement; the types both databases share.
public enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// An id, stored as its sixteen bytes.
    public static func id<Kind>(_ id: Identifier<Kind>) -> SQLValue { .blob(id.bytes) }
    /// An id that may be absent.
    public static func id<Kind>(_ id: Identifier<Kind>?) -> SQLValue { id.map { .blob($0.bytes) } ?? .null }
    /// A moment, stored as microseconds.
    public static func time(_ time: Timestamp) -> SQLValue { .integer(time.microseconds) }
    /// A moment that may be absent.
    public static func time(_ time: Timestamp?) -> SQLValue { time.map { .integer($0.microseconds) } ?? .null }
    /// A truth value, stored as 0 or 1.
    public static func bool(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
    /// Text that may be absent.
    public static func optional(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }
    /// A number that may be absent.
    public static func optional(_ number: Int64?) -> SQLValue { number.map(SQLValue.integer) ?? .null }
    /// Bytes that may be absent.
    public static func optional(_ bytes: [UInt8]?) -> SQLValue { bytes.map(SQLValue.blob) ?? .null }
}

extension SQLValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
