/// The text of keys and seeds: base 32 (RFC 4648 §6) without padding over a prefix, 32 bytes and a checksum.
///
/// Pointers in, pointers out, so that a seed leaves no copies of itself behind.
enum KeyText {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Characters that this many bytes take.
    static func length(of count: Int) -> Int { (count * 8 + 4) / 5 }

    /// Writes `length(of: bytes.count)` characters.
    static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>) {
        var (bits, held, place) = (UInt32(0), 0, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 5 {
                held -= 5
                out[place] = alphabet[Int(bits >> UInt32(held) & 31)]
                place += 1
            }
            bits &= 31
        }
        if held > 0 { out[place] = alphabet[Int(bits << UInt32(5 - held) & 31)] }
    }

    /// Writes as many bytes as are whole, and answers with the first character, counted from one, that has no place there:
    /// not of the alphabet, or with bits behind the last byte. Nil when there is none.
    static func decode(_ text: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>) -> Int? {
        var (bits, held, place) = (UInt32(0), 0, 0)
        for (index, character) in text.enumerated() {
            guard let value = value(character) else { return index + 1 }
            bits = bits << 5 | UInt32(value)
            held += 5
            guard held >= 8 else { continue }
            held -= 8
            out[place] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
            place += 1
            bits &= 1 << UInt32(held) - 1
        }
        return bits == 0 ? nil : text.count
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x32...0x37: character - 0x32 + 26
        default: nil
        }
    }

    /// CRC-16/XMODEM: polynomial 0x1021, begun with zero, nothing reflected.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var remainder: UInt16 = 0
        for byte in bytes {
            remainder ^= UInt16(byte) << 8
            for _ in 0..<8 { remainder = remainder & 0x8000 != 0 ? remainder << 1 ^ 0x1021 : remainder << 1 }
        }
        return remainder
    }

    /// Puts the checksum of what stands before it, little end first, into the last two bytes.
    static func seal(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
        let sum = checksum(bytes.dropLast(2))
        bytes[bytes.count - 2] = UInt8(truncatingIfNeeded: sum)
        bytes[bytes.count - 1] = UInt8(truncatingIfNeeded: sum >> 8)
    }

    /// Whether the last two bytes are the checksum of the others.
    static func isSealed(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let sum = UInt16(bytes[bytes.count - 2]) | UInt16(bytes[bytes.count - 1]) << 8
        return checksum(bytes.dropLast(2)) == sum
    }
}
