/// A JSON value (RFC 8259) that loses nothing: integers are exact, and every other number keeps its literal.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with a fraction or an exponent, or an integer beyond 64 bits, as it was written.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue: Equatable {
    /// Strings are equal when their bytes are: two spellings of one accented letter are two issuers.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.decimal(let a), .decimal(let b)): isIdentical(a, b)
        case (.string(let a), .string(let b)): isIdentical(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

extension JSONValue {
    /// Reads a value from its bytes, strictly, within the bounds of what is ours.
    ///
    /// - Throws: `JOSEError` with `malformed_json` or `too_large`.
    public init(parsingOwn bytes: [UInt8]) throws { self = try JSONReader.parse(bytes, limits: .own) }

    /// The value as JSON without spaces.
    public var serialized: [UInt8] { JSONWriter.bytes(of: self) }

    /// The text of a string, and nil for every other value.
    public var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number of an integer within 64 bits, and nil for every other value.
    public var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// The value of a boolean, and nil for every other value.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The elements of an array, and nil for every other value.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object, and nil for every other value.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The texts of an array of nothing but strings, and nil for every other value.
    public var texts: [String]? {
        guard let array else { return nil }
        let texts = array.compactMap(\.text)
        return texts.count == array.count ? texts : nil
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(nilLiteral: ()) { self = .null }

    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}

/// Whether two texts are the same bytes. Swift's `==` takes canonically equivalent texts for equal; identifiers are not.
func isIdentical(_ left: String, _ right: String) -> Bool {
    left == right && left.utf8.elementsEqual(right.utf8)
}
