/// Base 32 (RFC 4648 §6), the form in which authenticator apps take secrets.
public enum Base32 {
    /// Longest text that is read.
    public static let lengthLimit = 1_024
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Upper case, without padding unless asked for.
    public static func encode(_ bytes: [UInt8], padded: Bool = false) -> String {
        var out = Bits.regroup(bytes, from: 8, to: 5).map { alphabet[Int($0)] }
        while padded, out.count % 8 != 0 { out.append(UInt8(ascii: "=")) }
        return String(decoding: out, as: UTF8.self)
    }

    /// Reads either case, with right padding or none. Nil for another character, an impossible length, bits set behind
    /// the last byte, or more than `lengthLimit` characters.
    public static func decode(_ text: String) -> [UInt8]? {
        let typed = Array(text.utf8)
        guard typed.count <= lengthLimit else { return nil }
        let body = typed.prefix { $0 != UInt8(ascii: "=") }
        let padding = typed.dropFirst(body.count)
        guard padding.allSatisfy({ $0 == UInt8(ascii: "=") }), padding.isEmpty || isPadded(body.count, padding.count),
            [0, 2, 4, 5, 7].contains(body.count % 8)
        else { return nil }
        var values: [UInt8] = []
        for character in body {
            guard let value = value(character) else { return nil }
            values.append(value)
        }
        let bytes = Bits.regroup(values, from: 5, to: 8, padding: false)
        return Bits.regroup(bytes, from: 8, to: 5) == values ? bytes : nil
    }

    private static func isPadded(_ body: Int, _ padding: Int) -> Bool {
        body % 8 != 0 && padding == 8 - body % 8
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61
        case 0x32...0x37: character - 0x32 + 26
        default: nil
        }
    }
}

/// Cuts a string of bits into groups of another size.
enum Bits {
    /// With `padding` a last incomplete group is filled up with zeros, otherwise it is left out.
    static func regroup(_ groups: [UInt8], from: Int, to: Int, padding: Bool = true) -> [UInt8] {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for group in groups {
            buffer = (buffer << UInt32(from) | UInt32(group)) & 0xFFFF
            bits += from
            while bits >= to {
                bits -= to
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits) & ((1 << UInt32(to)) - 1)))
            }
        }
        if padding, bits > 0 {
            out.append(UInt8(truncatingIfNeeded: buffer << UInt32(to - bits) & ((1 << UInt32(to)) - 1)))
        }
        return out
    }
}
