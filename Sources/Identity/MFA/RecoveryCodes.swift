import Crypto
import Vocabulary

/// Recovery codes: shown once, kept as hashes, each good for one use (NIST SP 800-63B-4 §3.1.2, look-up secrets).
///
/// A code is 80 random bits as sixteen characters of Crockford's base 32 in groups of four: `7k2m-9qxr-0d4w-h8ta`.
/// Its hash is a plain SHA-256, which the standard permits from 64 random bits on.
public enum RecoveryCodes {
    /// Random bytes in one code.
    public static let bytesPerCode = 10
    /// Most codes that are made at once.
    public static let countLimit = 32
    /// Longest text that is read as a code, in bytes.
    public static let lengthLimit = 64

    private static let characters = 16
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Makes codes of random bytes drawn by the caller; nil unless there are exactly `bytesPerCode` for each.
    public static func make(count: Int = 10, random: [UInt8]) -> [SecretText]? {
        guard (1...countLimit).contains(count), random.count == count * bytesPerCode else { return nil }
        return (0..<count).map { index in
            let bytes = Array(random[index * bytesPerCode..<(index + 1) * bytesPerCode])
            let text = Bits.regroup(bytes, from: 8, to: 5).map { alphabet[Int($0)] }
            let groups = stride(from: 0, to: characters, by: 4).map {
                String(decoding: text[$0..<$0 + 4], as: UTF8.self)
            }
            return SecretText(groups.joined(separator: "-"))
        }
    }

    /// What is stored and looked up for one person; nil when this cannot be a code. Case, spaces and hyphens do not
    /// matter; `o` is read as 0, `i` and `l` as 1.
    public static func hash(_ code: SecretText, of person: PersonID) -> [UInt8]? {
        guard let normalized = normalized(code.reveal()) else { return nil }
        var hash = SHA256()
        hash.update(data: Array("gatehouse recovery code v1".utf8) + person.bytes)
        hash.update(data: normalized)
        return Array(hash.finalize())
    }

    /// Whether the text could be a recovery code, so that a page with one field can tell it from a one-time code.
    public static func isWellFormed(_ code: SecretText) -> Bool { normalized(code.reveal()) != nil }

    private static func normalized(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= lengthLimit else { return nil }
        var out: [UInt8] = []
        for byte in text.utf8 where byte != 0x20 && byte != UInt8(ascii: "-") {
            guard let character = character(byte) else { return nil }
            out.append(character)
        }
        return out.count == characters ? out : nil
    }

    private static func character(_ byte: UInt8) -> UInt8? {
        let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        switch lower {
        case UInt8(ascii: "o"): return UInt8(ascii: "0")
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return UInt8(ascii: "1")
        default: return alphabet.contains(lower) ? lower : nil
        }
    }
}
