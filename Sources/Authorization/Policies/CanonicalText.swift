import Vocabulary

/// One text for one value: JSON with sorted keys and no spaces, so that equal content has equal digests.
public enum CanonicalText {
    /// The canonical text of a value.
    public static func of(_ value: AttributeValue) -> String {
        var out = ""
        write(value, to: &out)
        return out
    }

    /// What a digest over policies covers: a line per policy, in the order given, with its version.
    public static func of(_ policies: [Policy]) -> String {
        policies.map { "\($0.version) \(of($0.source))\n" }.joined()
    }

    private static func write(_ value: AttributeValue, to out: inout String) {
        switch value {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .integer(let number): out += String(number)
        case .number(let number): out += String(number)
        case .string(let text): quote(text, to: &out)
        case .list(let items):
            out += "["
            for (index, item) in items.enumerated() {
                if index > 0 { out += "," }
                write(item, to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                if index > 0 { out += "," }
                quote(key, to: &out)
                out += ":"
                write(members[key] ?? .null, to: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
