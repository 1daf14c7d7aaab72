import JOSE
import Vocabulary

/// Reads one JSON text (RFC 8259) and refuses what lenient readers differ about: duplicate names, bytes after the
/// value, lone surrogates, invalid UTF-8, a byte order mark, numbers beyond their type, nesting beyond `depthLimit`; and
/// endless marks on a letter.
public struct StrictJSON {
    /// Containers inside one another.
    public static let depthLimit = 32
    /// Values in one text, containers included.
    public static let valueLimit = 100_000

    /// What was wrong, and at which byte.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public let reason: String
        public let offset: Int
        public var description: String { "\(reason) at byte \(offset)" }
    }

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    private var count = 0

    /// - Throws: `StrictJSON.Failure`.
    public static func parse(_ bytes: [UInt8]) throws -> AttributeValue {
        var reader = StrictJSON(bytes: bytes)
        reader.skipSpace()
        let value = try reader.value()
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.failure("text after the value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: index) }
    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func value() throws -> AttributeValue {
        count += 1
        guard count <= Self.valueLimit else { throw failure("too many values") }
        switch current {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == 0x2D || ASCII.isDigit(byte): return try number()
        case nil: throw failure("unexpected end")
        default: throw failure("unexpected character")
        }
    }

    private mutating func nested(_ read: (inout Self) throws -> AttributeValue) throws -> AttributeValue {
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit)") }
        defer { depth -= 1 }
        return try read(&self)
    }

    private mutating func word(_ text: String, _ value: AttributeValue) throws -> AttributeValue {
        guard bytes[index...].starts(with: text.utf8) else { throw failure("unexpected character") }
        index += text.utf8.count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    private mutating func object() throws -> AttributeValue {
        index += 1
        var members: [String: AttributeValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a name was expected") }
            let start = index
            let name = try string()
            guard members[name] == nil else { throw Failure(reason: "a name appears twice", offset: start) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon was expected") }
            skipSpace()
            members[name] = try value()
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma was expected") }
        }
    }

    private mutating func array() throws -> AttributeValue {
        index += 1
        var values: [AttributeValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .list(values) }
        while true {
            skipSpace()
            values.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .list(values) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma was expected") }
        }
    }

    private mutating func number() throws -> AttributeValue {
        let start = index
        _ = take(0x2D)
        let first = current
        guard digits() > 0 else { throw failure("a digit was expected") }
        if first == 0x30, index - start > (bytes[start] == 0x2D ? 2 : 1) { throw failure("a number starts with zero") }
        var isInteger = true
        if take(0x2E) {
            isInteger = false
            guard digits() > 0 else { throw failure("a digit was expected") }
        }
        if take(0x65) || take(0x45) {
            isInteger = false
            if !take(0x2B) { _ = take(0x2D) }
            guard digits() > 0 else { throw failure("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let whole = Int64(text) { return .integer(whole) }
        guard !isInteger, let real = Double(text), real.isFinite else { throw failure("a number is out of range") }
        return .number(real)
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte = current, ASCII.isDigit(byte) { index += 1 }
        return index - start
    }

    private mutating func string() throws -> String {
        index += 1
        // Most strings need nothing undone: their bytes are the text.
        let start = index
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { index += 1 }
        if current == 0x22 {
            defer { index += 1 }
            return try text(bytes[start..<index])
        }
        var out = Array(bytes[start..<index])
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
            guard let digit = ASCII.hexValue(byte) else { throw failure("not a hexadecimal digit") }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
