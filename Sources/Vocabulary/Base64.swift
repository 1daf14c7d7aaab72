/// Base64 (RFC 4648) in the spellings that standards ask for. Decoding is strict: a foreign character, a length no
/// encoder makes, wrong padding or spare bits that are not zero are refused, so that one value has one spelling.
public enum Base64 {
    /// A spelling: the last two characters of the alphabet, and whether there is padding.
    public enum Form: Sendable {
        /// RFC 4648 §5 without padding: `-`, `_`.
        case url
        /// RFC 4648 §4 with its padding: `+`, `/`, `=`.
        case padded
        /// RFC 4648 §4 without padding, as PHC strings have it.
        case bare
        /// Passlib's: no padding, `.` for `+`.
        case dotted
    }

    /// The bytes as text.
    public static func encode(_ bytes: some Collection<UInt8>, _ form: Form) -> String {
        let alphabet = alphabet(form)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> bits & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(pending << (6 - bits) & 63)]) }
        while form == .padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes behind a text; nil when no encoder of this form makes it.
    public static func decode(_ text: some StringProtocol, _ form: Form) -> [UInt8]? {
        var characters = Array(text.utf8)[...]
        if form == .padded {
            guard characters.count % 4 == 0 else { return nil }
            for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for character in characters {
            guard let value = value(of: character, form) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        return pending & (1 << bits - 1) == 0 ? bytes : nil
    }

    private static let common = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func alphabet(_ form: Form) -> [UInt8] { common + last(form) }

    private static func last(_ form: Form) -> [UInt8] {
        switch form {
        case .url: [UInt8(ascii: "-"), UInt8(ascii: "_")]
        case .padded, .bare: [UInt8(ascii: "+"), UInt8(ascii: "/")]
        case .dotted: [UInt8(ascii: "."), UInt8(ascii: "/")]
        }
    }

    private static func value(of character: UInt8, _ form: Form) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        default: last(form).firstIndex(of: character).map { UInt32($0) + 62 }
        }
    }
}
