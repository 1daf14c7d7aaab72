/// Base64 (RFC 4648 §4) as password hashes write it, canonical forms only, so that one hash has one spelling.
enum Base64Text {
    enum Form {
        /// PHC strings: no padding.
        case bare
        /// Passlib's variant: no padding, `.` for `+`.
        case dotted
        /// RFC 4648 §4 with its padding.
        case padded
    }

    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a foreign character, a length no encoder makes, wrong padding, or unused bits that are not zero.
    static func decode(_ text: some StringProtocol, _ form: Form) -> [UInt8]? {
        var characters = Array(text.utf8)
        if form == .padded {
            guard characters.count % 4 == 0 else { return nil }
            let padding = characters.reversed().prefix(while: { $0 == UInt8(ascii: "=") }).count
            guard padding <= 2 else { return nil }
            characters.removeLast(padding)
        }
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var pending: UInt32 = 0
        var bits = 0
        for character in characters {
            guard let value = value(of: character, form) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        return pending & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func value(of character: UInt8, _ form: Form) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+") where form != .dotted: 62
        case UInt8(ascii: ".") where form == .dotted: 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// A decimal number in its only spelling: digits, no sign, no leading zero, at most nine digits.
func canonicalDecimal(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard digits.count == 1 || digits.first != 0x30 else { return nil }
    return Int(text)
}
