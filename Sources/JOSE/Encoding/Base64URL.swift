/// Base64url without padding (RFC 4648 §5, RFC 7515 §2), read so that every sequence of bytes has one spelling.
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 255 where a byte is no character of the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }()

    /// The text of some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encoded(bytes), as: UTF8.self)
    }

    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        let count = (bytes.count * 4 + 2) / 3
        return [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
            alphabet.withUnsafeBufferPointer { alphabet in
                bytes.withUnsafeBufferPointer { fill(out, from: $0, alphabet) }
            }
            initialized = count
        }
    }

    private static func fill(
        _ out: UnsafeMutableBufferPointer<UInt8>, from bytes: UnsafeBufferPointer<UInt8>,
        _ alphabet: UnsafeBufferPointer<UInt8>
    ) {
        var (place, bits, held) = (0, UInt32(0), 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                out[place] = alphabet[Int(bits >> UInt32(held) & 63)]
                place += 1
            }
        }
        if held > 0 { out[place] = alphabet[Int(bits << UInt32(6 - held) & 63)] }
    }

    /// The bytes of a text, or nil when it is not exactly what `encode` would have written: padding, other characters,
    /// a length no bytes have, or stray bits in the last character.
    public static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)[...]) }

    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var (isStrict, bits, held) = (true, UInt32(0), 0)
        let count = text.count * 3 / 4
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
            values.withUnsafeBufferPointer { values in
                for character in text {
                    let value = values[Int(character)]
                    if value == 255 { isStrict = false }
                    bits = bits << 6 | UInt32(value & 63)
                    held += 6
                    guard held >= 8 else { continue }
                    held -= 8
                    out[initialized] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                    initialized += 1
                }
            }
        }
        guard isStrict, bits & (1 << UInt32(held) - 1) == 0 else { return nil }
        return bytes
    }

    /// - Throws: `JOSEError` with `malformed_base64url`.
    static func require(_ text: ArraySlice<UInt8>, _ what: String) throws -> [UInt8] {
        guard let bytes = decode(text) else { throw JOSEError(.malformedBase64URL, what) }
        return bytes
    }
}
