import JOSE

/// One name or value of `application/x-www-form-urlencoded`, as RFC 6749 appendix B has it: UTF-8, a blank as `+`, what
/// is not unreserved as `%XX`.
public enum FormCoding {
    /// The text behind an escaped one; nil for a broken escape, for what is not UTF-8, for a NUL, and for endless marks on a
    /// letter.
    public static func decode(_ escaped: some Collection<UInt8>) -> String? {
        if let decoded = escaped.withContiguousStorageIfAvailable(decode(bytes:)) { return decoded }
        return Array(escaped).withUnsafeBufferPointer(decode(bytes:))
    }

    // Of bytes in one piece, so that the compiler knows what it loops over: every token passes through here.
    private static func decode(bytes escaped: UnsafeBufferPointer<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(escaped.count)
        var place = 0
        while place < escaped.count {
            switch escaped[place] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard place + 2 < escaped.count, let high = Hexadecimal.value(escaped[place + 1]),
                    let low = Hexadecimal.value(escaped[place + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                place += 2
            default: bytes.append(escaped[place])
            }
            place += 1
        }
        return bytes.contains(0) ? nil : String(streamSafe: bytes)
    }

    /// The text behind an escaped one; nil for a broken escape, for what is not UTF-8 and for a NUL.
    public static func decode(_ escaped: String) -> String? { decode(Array(escaped.utf8)) }

    /// The text escaped; a blank becomes `%20`, which every reader of either form understands.
    public static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), Hexadecimal.digit(byte >> 4), Hexadecimal.digit(byte & 15)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3986 §2.3.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

enum Hexadecimal {
    static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Upper case, as RFC 3986 §2.1 wants it written.
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
