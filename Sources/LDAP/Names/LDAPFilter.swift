/// The string form of search filters (RFC 4515).
public enum LDAPFilter {
    /// No filter longer than this is sent, in UTF-8 bytes.
    public static let byteLimit = 16_384
    /// No filter nested deeper than this is sent.
    public static let depthLimit = 32

    /// Escapes an assertion value: `*`, `(`, `)`, `\` and control characters become `\xx` (RFC 4515 §3).
    public static func escape(_ value: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(value.utf8.count)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "*", "(", ")", "\\", "\0"..."\u{1F}", "\u{7F}": escaped += "\\" + hexPair(UInt8(scalar.value))
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Escapes a value of any bytes, such as an objectGUID: every byte becomes `\xx`.
    public static func escape(bytes: some Sequence<UInt8>) -> String {
        bytes.map { "\\" + hexPair($0) }.joined()
    }

    /// `(attribute=value)` with the value escaped; nil when `attribute` is not an attribute description.
    public static func equals(_ attribute: String, _ value: String) -> String? {
        guard isAttribute(Array(attribute.utf8)[...]) else { return nil }
        return "(\(attribute)=\(escape(value)))"
    }

    /// True when `text` is one filter by the grammar of RFC 4515 §3, within both limits.
    public static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= byteLimit else { return false }
        // `open` holds, for each open parenthesis, the operator it began with and how many filters it has.
        var open: [(operator: UInt8, count: Int)] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: ")") {
                guard let last = open.popLast(), closes(last) else { return false }
                position += 1
                if open.isEmpty { return position == bytes.count }
                continue
            }
            guard bytes[position] == UInt8(ascii: "("), position + 1 < bytes.count else { return false }
            if !open.isEmpty { open[open.count - 1].count += 1 }
            let next = bytes[position + 1]
            if Array("&|!".utf8).contains(next) {
                open.append((next, 0))
                guard open.count <= depthLimit else { return false }
                position += 2
            } else {
                guard let end = bytes[position...].firstIndex(of: UInt8(ascii: ")")),
                    isItem(bytes[(position + 1)..<end])
                else { return false }
                position = end + 1
                if open.isEmpty { return position == bytes.count }
            }
        }
        return false
    }

    private static func closes(_ group: (operator: UInt8, count: Int)) -> Bool {
        group.operator == UInt8(ascii: "!") ? group.count == 1 : group.count > 0
    }

    private static func isItem(_ item: ArraySlice<UInt8>) -> Bool {
        guard let equals = item.firstIndex(of: UInt8(ascii: "=")) else { return false }
        var type = item[..<equals]
        if let last = type.last, Array("~<>:".utf8).contains(last) { type = type.dropLast() }
        guard isAttribute(type), isEscapedValue(item[(equals + 1)...]) else { return false }
        return true
    }

    private static func isAttribute(_ type: ArraySlice<UInt8>) -> Bool {
        !type.isEmpty
            && type.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: Array("-.;:_".utf8).contains(byte)
                }
            }
    }

    private static func isEscapedValue(_ value: ArraySlice<UInt8>) -> Bool {
        var position = value.startIndex
        while position < value.endIndex {
            switch value[position] {
            case 0, UInt8(ascii: "("), UInt8(ascii: ")"): return false
            case UInt8(ascii: "\\"):
                guard position + 2 < value.endIndex, DistinguishedNameParser.hexDigit(value[position + 1]) != nil,
                    DistinguishedNameParser.hexDigit(value[position + 2]) != nil
                else { return false }
                position += 3
            default: position += 1
            }
        }
        return true
    }
}
