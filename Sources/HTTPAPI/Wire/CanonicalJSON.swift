import Vocabulary

/// Writes the JSON model with sorted keys and no spaces, so that equal values have equal bytes (ETags, tests).
public enum CanonicalJSON {
    /// The value as JSON with sorted keys and no spaces, the same bytes for equal values.
    public static func encode(_ value: AttributeValue) -> String {
        var out = ""
        write(value, into: &out)
        return out
    }

    private static func write(_ value: AttributeValue, into out: inout String) {
        switch value {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .integer(let number): out += "\(number)"
        // JSON has no infinities (RFC 8259 §6).
        case .number(let number): out += number.isFinite ? "\(number)" : "null"
        case .string(let text): write(text, into: &out)
        case .list(let values): write(values, into: &out)
        case .object(let members): write(members, into: &out)
        }
    }

    private static func write(_ values: [AttributeValue], into out: inout String) {
        out += "["
        for (index, value) in values.enumerated() {
            if index > 0 { out += "," }
            write(value, into: &out)
        }
        out += "]"
    }

    private static func write(_ members: [String: AttributeValue], into out: inout String) {
        out += "{"
        for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { out += "," }
            write(key, into: &out)
            out += ":"
            write(value, into: &out)
        }
        out += "}"
    }

    private static func write(_ text: String, into out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
