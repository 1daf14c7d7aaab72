import Vocabulary

/// What one comparison came to. Zero is kept for "not evaluated yet".
enum ComparisonResult: UInt8, Sendable, BitwiseCopyable {
    case no = 1
    case yes = 2
    /// An attribute, on either side, is not there.
    case missing = 3
    /// The two sides are of kinds that cannot be compared so.
    case mismatch = 4
    /// A text is longer than the operator takes.
    case tooLong = 5

    init(_ truth: Bool) { self = truth ? .yes : .no }
    var isError: Bool { rawValue >= Self.missing.rawValue }

    /// An error stays an error.
    var negated: Self {
        switch self {
        case .yes: .no
        case .no: .yes
        case .missing, .mismatch, .tooLong: self
        }
    }
}

/// The meaning of each operator over two present values.
enum ValueComparison {
    /// Bytes of a text that `contains`, `starts_with` and `ends_with` take.
    static let textLimit = 8_192

    static func evaluate(_ left: AttributeValue, _ comparison: Comparison, _ right: AttributeValue) -> ComparisonResult
    {
        switch comparison {
        case .equals: equals(left, right)
        case .notEquals: equals(left, right).negated
        case .in: member(left, of: right)
        case .notIn: member(left, of: right).negated
        case .contains: contains(left, right)
        case .startsWith: text(left, right) { $0.starts(with: $1) }
        case .endsWith: text(left, right) { $0.reversed().starts(with: $1.reversed()) }
        case .greaterThan: ordered(left, right) { $0 > 0 }
        case .greaterThanOrEqual: ordered(left, right) { $0 >= 0 }
        case .lessThan: ordered(left, right) { $0 < 0 }
        case .lessThanOrEqual: ordered(left, right) { $0 <= 0 }
        case .regex: .mismatch
        }
    }

    @inline(__always)
    static func equals(_ left: AttributeValue, _ right: AttributeValue) -> ComparisonResult {
        switch (left, right) {
        case (.string(let a), .string(let b)): ComparisonResult(sameText(a, b))
        case (.bool(let a), .bool(let b)): ComparisonResult(a == b)
        case (.integer(let a), .integer(let b)): ComparisonResult(a == b)
        default: numericOrder(left, right).map { ComparisonResult($0 == 0) } ?? .mismatch
        }
    }

    /// A hit decides; without one, an item of another kind is an error.
    private static func member(_ value: AttributeValue, of list: AttributeValue) -> ComparisonResult {
        guard case .list(let items) = list else { return .mismatch }
        var result = ComparisonResult.no
        for item in items {
            let one = equals(value, item)
            if one == .yes { return .yes }
            if one.isError { result = one }
        }
        return result
    }

    private static func contains(_ left: AttributeValue, _ right: AttributeValue) -> ComparisonResult {
        if case .list = left { return member(right, of: left) }
        return text(left, right) { whole, part in
            guard whole.count >= part.count else { return false }
            return (0...whole.count - part.count).contains { start in
                sameBytes(UnsafeBufferPointer(rebasing: whole[start..<start + part.count]), part)
            }
        }
    }

    private static func text(
        _ left: AttributeValue, _ right: AttributeValue,
        _ test: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> ComparisonResult {
        guard case .string(var a) = left, case .string(var b) = right else { return .mismatch }
        guard a.utf8.count <= textLimit, b.utf8.count <= textLimit else { return .tooLong }
        return ComparisonResult(a.withUTF8 { a in b.withUTF8 { test(a, $0) } })
    }

    @inline(__always)
    private static func ordered(
        _ left: AttributeValue, _ right: AttributeValue, _ test: (Int) -> Bool
    ) -> ComparisonResult {
        if case .string(let a) = left, case .string(let b) = right { return ComparisonResult(test(byteOrder(a, b))) }
        return numericOrder(left, right).map { ComparisonResult(test($0)) } ?? .mismatch
    }

    private static func byteOrder(_ a: String, _ b: String) -> Int {
        if sameText(a, b) { return 0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    }

    /// Exact across whole and floating numbers; nil when one side is no number.
    @inline(__always)
    static func numericOrder(_ left: AttributeValue, _ right: AttributeValue) -> Int? {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): a < b ? -1 : a == b ? 0 : 1
        case (.number(let a), .number(let b)): a.isNaN || b.isNaN ? nil : a < b ? -1 : a == b ? 0 : 1
        case (.integer(let a), .number(let b)): order(a, b)
        case (.number(let a), .integer(let b)): order(b, a).map { -$0 }
        default: nil
        }
    }

    private static func order(_ a: Int64, _ b: Double) -> Int? {
        if b.isNaN { return nil }
        if b >= 0x1p63 { return -1 }
        if b < -0x1p63 { return 1 }
        let whole = Int64(b.rounded(.down))
        if a != whole { return a < whole ? -1 : 1 }
        return Double(whole) < b ? -1 : 0
    }
}
