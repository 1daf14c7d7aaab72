/// Reads one JSON text (RFC 8259) in one pass, and refuses what lenient readers differ about: names that appear twice,
/// text after the value, lone surrogates, invalid UTF-8, a byte order mark; and whatever is too large, before reading on.
struct JSONReader {
    /// What a text may be at most.
    struct Limits: Sendable {
        var bytes: Int
        /// Containers inside one another.
        var depth = 16
        /// Values altogether, containers included.
        var values = 8_192
        /// Characters of one number.
        var digits = 64

        static let standard = Limits(bytes: 262_144)
        /// Of what was written here: larger than anything a stranger may send.
        static let own = Limits(bytes: 64 << 20, depth: 64, values: 1_000_000)
    }

    /// Where reading stopped, and why.
    struct Failure: Error, Equatable {
        let reason: String
        let offset: Int
    }

    private let bytes: [UInt8]
    private let limits: Limits
    private var index = 0
    private var depth = 0
    private var count = 0

    /// - Throws: `JOSEError` with `malformed_json` or `too_large`.
    static func parse(_ bytes: [UInt8], limits: Limits = .standard) throws -> JSONValue {
        guard bytes.count <= limits.bytes else { throw JOSEError(.tooLarge, "JSON") }
        do {
            return try read(bytes, limits: limits)
        } catch let failure as Failure {
            throw JOSEError(.malformedJSON, failure.reason)
        }
    }

    /// - Throws: `Failure`.
    static func read(_ bytes: [UInt8], limits: Limits) throws -> JSONValue {
        var reader = JSONReader(bytes: bytes, limits: limits)
        reader.skipSpace()
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.failure("text after the value") }
        return value
    }

    private init(bytes: [UInt8], limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: index) }
    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    private mutating func value() throws -> JSONValue {
        count += 1
        guard count <= limits.values else { throw failure("too many values") }
        switch current {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try number()
        case nil: throw failure("unexpected end")
        default: throw failure("unexpected character")
        }
    }

    private mutating func nested(_ read: (inout Self) throws -> JSONValue) throws -> JSONValue {
        depth += 1
        guard depth <= limits.depth else { throw failure("nested too deep") }
        defer { depth -= 1 }
        return try read(&self)
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
        let end = index + text.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[index..<end].elementsEqual(expected) else {
            throw failure("unexpected character")
        }
        index = end
        return value
    }
}

extension JSONReader {
    private mutating func object() throws -> JSONValue {
        index += 1
        var object = JSONObject()
        // Small objects are searched; only large ones pay for a set.
        var known: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(object) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a name was expected") }
            let name = try string()
            if object.count == 16 { known.formUnion(object.names) }
            let isNew = object.count < 16 ? object[name] == nil : known.insert(name).inserted
            guard isNew else { throw failure("a name appears twice") }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon was expected") }
            skipSpace()
            object.append(name, try value())
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(object) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma was expected") }
        }
    }

    private mutating func array() throws -> JSONValue {
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma was expected") }
        }
    }

    private mutating func number() throws -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let first = current
        let whole = try digits()
        guard first != UInt8(ascii: "0") || whole == 1 else { throw failure("a number starts with zero") }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            _ = try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try digits()
        }
        guard index - start <= limits.digits else { throw failure("a number is too long") }
        let literal = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let integer = Int64(literal) { return .integer(integer) }
        return .decimal(literal)
    }

    private mutating func digits() throws -> Int {
        let start = index
        while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw failure("a digit was expected") }
        return index - start
    }
}

extension JSONReader {
    private mutating func string() throws -> String {
        index += 1
        // Most strings need nothing undone: their bytes are the text.
        let start = index
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { index += 1 }
        if current == 0x22 {
            defer { index += 1 }
            return try text(bytes[start..<index])
        }
        return try escapedString(Array(bytes[start..<index]))
    }

    private mutating func escapedString(_ beginning: [UInt8]) throws -> String {
        var out = beginning
        while let byte = current {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(out[...])
            case UInt8(ascii: "\\"): try escape(into: &out)
            case 0..<0x20: throw failure("a control character in a string")
            default: out.append(byte)
            }
        }
        throw failure("unexpected end")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("invalid UTF-8") }
        guard text.hasFewMarks else { throw failure("more marks on a letter than any text has") }
        return text
    }

    private mutating func escape(into out: inout [UInt8]) throws {
        guard let byte = current else { throw failure("unexpected end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): out.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let first = try fourHexDigits()
        guard (0xD800..<0xDC00).contains(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw failure("half a surrogate pair") }
            return scalar
        }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("half a surrogate pair") }
        let second = try fourHexDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws -> UInt32 {
        guard index + 4 <= bytes.count else { throw failure("unexpected end") }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("not a hexadecimal digit")
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
