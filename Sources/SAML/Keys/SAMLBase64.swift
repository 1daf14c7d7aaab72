/// Base64 as SAML's bindings and signatures use it (RFC 4648 §4): the plain alphabet, white space passed over, padding
/// where it belongs and nothing after it, and no bits left that would make a second spelling.
public enum SAMLBase64 {
    /// The bytes of a text; nil where it is not base64.
    public static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// The bytes of a text; nil where it is not base64.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var held: UInt32 = 0, digits = 0, padding = 0
        // Once, and not for each letter: to read what is shared takes longer than to look a letter up in it.
        let values = values
        for byte in text {
            if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = values[Int(byte)]
            guard value != 0xFF, padding == 0 else { return nil }
            held = held << 6 | UInt32(value)
            digits += 1
            if digits & 3 == 0 {
                bytes.append(UInt8(truncatingIfNeeded: held >> 16))
                bytes.append(UInt8(truncatingIfNeeded: held >> 8))
                bytes.append(UInt8(truncatingIfNeeded: held))
                held = 0
            }
        }
        switch (digits & 3, padding) {
        case (0, 0): return bytes
        case (2, 2) where held & 0xF == 0: return bytes + [UInt8(truncatingIfNeeded: held >> 4)]
        case (3, 1) where held & 0x3 == 0:
            return bytes + [UInt8(truncatingIfNeeded: held >> 10), UInt8(truncatingIfNeeded: held >> 2)]
        default: return nil
        }
    }

    /// The text of bytes, in one line.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        let alphabet = alphabet
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(rest > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(rest > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (index, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(index) }
        return values
    }()
}
