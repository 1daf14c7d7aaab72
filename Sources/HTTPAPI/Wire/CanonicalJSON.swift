import Vocabulary

/// Writes the JSON model with sorted keys and no spaces, so that equal values have equal bytes (ETags, tests).
public enum CanonicalJSON {
    /// The value as JSON with sorted keys and no spaces, the same bytes for equal values.
    public static func encode(_ value: AttributeValue) -> String {
        String(decoding: bytes(value), as: UTF8.self)
    }

    /// The same as bytes, for bodies and lines that are written as they are.
    public static func bytes(_ value: AttributeValue) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        write(value, into: &out)
        return out
    }

    private static func write(_ value: AttributeValue, into out: inout [UInt8]) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let flag): out += flag ? "true".utf8 : "false".utf8
        case .integer(let number): out += String(number).utf8
        // JSON has no infinities (RFC 8259 §6).
        case .number(let number): out += number.isFinite ? "\(number)".utf8 : "null".utf8
        case .string(let text): write(text, into: &out)
        case .list(let values): write(values, into: &out)
        case .object(let members): write(members, into: &out)
        }
    }

    private static func write(_ values: [AttributeValue], into out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            write(value, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func write(_ members: [String: AttributeValue], into out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            write(key, into: &out)
            out.append(UInt8(ascii: ":"))
            write(value, into: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends a text in its quotes, for lines that are put together member by member.
    public static func write(_ text: String, into out: inout [UInt8]) {
        var text = text
        out.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            // Nearly every text goes in as it is.
            if bytes.allSatisfy(isPlain) { return out.append(contentsOf: bytes) }
            for byte in bytes { escape(byte, into: &out) }
        }
        out.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, into out: inout [UInt8]) {
        if isPlain(byte) { return out.append(byte) }
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): out.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): out.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): out.append(UInt8(ascii: "t"))
        case 0..<0x20:
            out += "u00".utf8
            for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        default: out.append(byte)
        }
    }
}
