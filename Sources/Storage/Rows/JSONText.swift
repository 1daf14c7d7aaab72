import Identity
import Vocabulary

/// A record that writes its own JSON text, the same that `JSONColumn.encode` would make of it. For the few records that
/// every login writes: a general encoder takes ten times as long, and at the writer's thread, where everybody waits.
public protocol JSONRecord {
    /// Writes every field that has a value, in the order of the names.
    func write(to object: inout JSONText)
}

/// One JSON object under construction. Names are given in sorted order, so that equal values are equal text.
public struct JSONText {
    private var bytes: [UInt8] = []
    private var isFirst = true

    /// The record as text.
    public static func text(of record: some JSONRecord) -> String {
        var out = JSONText()
        out.bytes.reserveCapacity(768)
        out.object(record)
        return String(decoding: out.bytes, as: UTF8.self)
    }

    /// A number.
    public mutating func field(_ name: StaticString, _ number: some FixedWidthInteger) {
        begin(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Text; left out where there is none.
    public mutating func field(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        begin(name)
        string(text)
    }

    /// A word of a closed vocabulary; left out where there is none.
    public mutating func field<Word: RawRepresentable>(_ name: StaticString, _ word: Word?)
    where Word.RawValue == String {
        field(name, word?.rawValue)
    }

    /// Words of a closed vocabulary in their order; left out where there is no list.
    public mutating func field<Word: RawRepresentable>(_ name: StaticString, _ words: [Word]?)
    where Word.RawValue == String {
        guard let words else { return }
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, word) in words.enumerated() {
            if index > 0 { bytes.append(Self.comma) }
            string(word.rawValue)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Numbers in their order.
    public mutating func field(_ name: StaticString, _ numbers: [Int]) {
        begin(name)
        bytes.append(contentsOf: "[\(numbers.map(String.init).joined(separator: ","))]".utf8)
    }

    /// A truth.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        begin(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// An id in its textual form; left out where there is none.
    public mutating func field<Kind>(_ name: StaticString, _ id: Identifier<Kind>?) { field(name, id?.description) }

    /// A moment in the form of RFC 3339; left out where there is none.
    public mutating func field(_ name: StaticString, _ time: Timestamp?) { field(name, time?.rfc3339) }

    /// A hash in hexadecimal digits.
    public mutating func field(_ name: StaticString, _ hash: TokenHash) {
        begin(name)
        bytes.append(Self.quote)
        for byte in hash.bytes { hexadecimal(byte) }
        bytes.append(Self.quote)
    }

    /// A record within this one.
    public mutating func field(_ name: StaticString, _ record: some JSONRecord) {
        begin(name)
        object(record)
    }

    /// Records in their order.
    public mutating func field(_ name: StaticString, _ records: [some JSONRecord]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, record) in records.enumerated() {
            if index > 0 { bytes.append(Self.comma) }
            object(record)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    // MARK: Pieces

    private static let quote = UInt8(ascii: "\""), comma = UInt8(ascii: ","), backslash = UInt8(ascii: "\\")

    private mutating func object(_ record: some JSONRecord) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        record.write(to: &self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    private mutating func begin(_ name: StaticString) {
        if !isFirst { bytes.append(Self.comma) }
        isFirst = false
        bytes.append(Self.quote)
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(Self.quote)
        bytes.append(UInt8(ascii: ":"))
    }

    /// RFC 8259 §7: quotation mark, backslash and control characters are escaped, and nothing else.
    private mutating func string(_ text: String) {
        bytes.append(Self.quote)
        for byte in text.utf8 {
            switch byte {
            case Self.quote, Self.backslash: bytes += [Self.backslash, byte]
            case 0x08: bytes += [Self.backslash, UInt8(ascii: "b")]
            case 0x09: bytes += [Self.backslash, UInt8(ascii: "t")]
            case 0x0A: bytes += [Self.backslash, UInt8(ascii: "n")]
            case 0x0C: bytes += [Self.backslash, UInt8(ascii: "f")]
            case 0x0D: bytes += [Self.backslash, UInt8(ascii: "r")]
            case ..<0x20:
                bytes += Array("\\u00".utf8)
                hexadecimal(byte)
            default: bytes.append(byte)
            }
        }
        bytes.append(Self.quote)
    }

    private mutating func hexadecimal(_ byte: UInt8) {
        for half in [byte >> 4, byte & 15] { bytes.append(half < 10 ? 0x30 + half : 0x57 + half) }
    }
}
