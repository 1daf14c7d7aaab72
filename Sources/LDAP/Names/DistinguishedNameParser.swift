/// Reads the grammar of RFC 4514 §3 over bytes, once, without recursion.
struct DistinguishedNameParser {
    private let bytes: [UInt8]
    private var position = 0
    private var parts = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() -> [DistinguishedName.Component]? {
        guard bytes.count <= DistinguishedName.byteLimit else { return nil }
        skipSpaces()
        if position == bytes.count { return [] }
        var components: [DistinguishedName.Component] = []
        while true {
            guard let component = parseComponent() else { return nil }
            components.append(component)
            guard position < bytes.count else { return components }
            // RFC 2253 §4: a semicolon was a separator once, and readers accept it.
            guard bytes[position] == UInt8(ascii: ",") || bytes[position] == UInt8(ascii: ";") else { return nil }
            position += 1
        }
    }

    private mutating func parseComponent() -> DistinguishedName.Component? {
        var component: DistinguishedName.Component = []
        while true {
            parts += 1
            guard parts <= DistinguishedName.partLimit else { return nil }
            skipSpaces()
            guard let type = parseType() else { return nil }
            skipSpaces()
            guard take(UInt8(ascii: "=")) else { return nil }
            skipSpaces()
            guard let value = parseValue() else { return nil }
            component.append(.init(type: type, value: value))
            guard take(UInt8(ascii: "+")) else { return component }
        }
    }

    private mutating func parseType() -> String? {
        let start = position
        while position < bytes.count, Self.isTypeByte(bytes[position]) { position += 1 }
        guard position > start, bytes[start] != UInt8(ascii: "-") else { return nil }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func parseValue() -> String? {
        guard position < bytes.count else { return "" }
        return switch bytes[position] {
        case UInt8(ascii: "#"): parseHexValue()
        case UInt8(ascii: "\""): parseQuotedValue()
        default: parsePlainValue()
        }
    }

    private mutating func parsePlainValue() -> String? {
        var value: [UInt8] = []
        var keep = 0
        while position < bytes.count, !Self.endsValue(bytes[position]) {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = parseEscape() else { return nil }
                value.append(escaped)
                keep = value.count
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), 0: return nil
            default: value.append(byte)
            }
            position += 1
            if byte != UInt8(ascii: " ") { keep = value.count }
        }
        // Trailing space that is not escaped belongs to the separator.
        return String(validating: value.prefix(keep), as: UTF8.self)
    }

    private mutating func parseQuotedValue() -> String? {
        position += 1
        var value: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                guard let escaped = parseEscape() else { return nil }
                value.append(escaped)
            } else {
                value.append(bytes[position])
                position += 1
            }
        }
        guard take(UInt8(ascii: "\"")) else { return nil }
        skipSpaces()
        guard position == bytes.count || Self.endsValue(bytes[position]) else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    private mutating func parseHexValue() -> String? {
        let start = position
        position += 1
        while position < bytes.count, Self.hexDigit(bytes[position]) != nil { position += 1 }
        let digits = position - start - 1
        guard digits > 0, digits.isMultiple(of: 2) else { return nil }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        skipSpaces()
        guard position == bytes.count || Self.endsValue(bytes[position]) else { return nil }
        return text
    }

    /// A backslash with two hexadecimal digits or one special character.
    private mutating func parseEscape() -> UInt8? {
        guard position + 1 < bytes.count else { return nil }
        let first = bytes[position + 1]
        if let high = Self.hexDigit(first) {
            guard position + 2 < bytes.count, let low = Self.hexDigit(bytes[position + 2]) else { return nil }
            position += 3
            return high << 4 | low
        }
        guard Array("\"+,;<>\\ #=".utf8).contains(first) else { return nil }
        position += 2
        return first
    }

    private mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ";")
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
