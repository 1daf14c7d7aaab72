/// The little of BER (X.690) that LDAP messages need, both ways.
enum BER {
    /// One element: its tag, its content, and for constructed ones what is inside.
    struct Element {
        let tag: UInt8
        let content: ArraySlice<UInt8>

        /// The elements inside; empty where the content is not a sequence of elements.
        var children: [Element] { BER.elements(content) ?? [] }
        var text: String { String(decoding: content, as: UTF8.self) }
        var integer: Int { content.reduce(0) { $0 << 8 | Int($1) } }
    }

    static func encode(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + length(content.count) + content
    }

    static func encode(_ tag: UInt8, _ parts: [[UInt8]]) -> [UInt8] { encode(tag, parts.flatMap { $0 }) }

    static func octets(_ text: String, tag: UInt8 = 0x04) -> [UInt8] { encode(tag, Array(text.utf8)) }

    static func integer(_ value: Int, tag: UInt8 = 0x02) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            bytes.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        } while rest > 0
        if bytes[0] & 0x80 != 0 { bytes.insert(0, at: 0) }
        return encode(tag, bytes)
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 0x80 else { return [UInt8(count)] }
        var digits: [UInt8] = []
        var rest = count
        while rest > 0 {
            digits.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(digits.count)] + digits
    }

    /// How many bytes the first element of `bytes` takes; nil while that cannot be told.
    static func size(_ bytes: ArraySlice<UInt8>) -> (header: Int, total: Int)? {
        guard bytes.count >= 2 else { return nil }
        let first = bytes[bytes.startIndex + 1]
        guard first >= 0x80 else { return (2, 2 + Int(first)) }
        let digits = Int(first & 0x7F)
        guard digits <= 4, bytes.count >= 2 + digits else { return nil }
        let length = bytes.dropFirst(2).prefix(digits).reduce(0) { $0 << 8 | Int($1) }
        return (2 + digits, 2 + digits + length)
    }

    static func elements(_ bytes: ArraySlice<UInt8>) -> [Element]? {
        var found: [Element] = []
        var rest = bytes
        while !rest.isEmpty {
            guard let size = size(rest), size.total <= rest.count else { return nil }
            let start = rest.startIndex
            found.append(
                Element(tag: rest[start], content: rest[(start + size.header)..<(start + size.total)]))
            rest = rest[(start + size.total)...]
        }
        return found
    }
}
