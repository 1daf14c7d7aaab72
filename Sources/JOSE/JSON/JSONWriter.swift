/// Writes JSON without spaces; members keep their order, so that the same value is always the same bytes.
struct JSONWriter {
    private var out: [UInt8] = []

    static func bytes(of value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.out.reserveCapacity(256)
        writer.write(value)
        return writer.out
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let bool): out += (bool ? "true" : "false").utf8
        case .integer(let integer): out += String(integer).utf8
        case .decimal(let literal): out += literal.utf8
        case .string(let text): write(text)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ elements: [JSONValue]) {
        out.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            write(element)
        }
        out.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        object.forEach { name, value in
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            write(name)
            out.append(UInt8(ascii: ":"))
            write(value)
        }
        out.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        out.append(UInt8(ascii: "\""))
        defer { out.append(UInt8(ascii: "\"")) }
        guard text.utf8.contains(where: Self.isEscaped) else {
            out += text.utf8
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<0x20: out += "\\u00".utf8 + [Self.hex[Int(byte >> 4)], Self.hex[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
