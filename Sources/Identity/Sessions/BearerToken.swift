import Vocabulary

/// A token as it travels: a typed prefix and 32 random bytes in base64url without padding (RFC 4648 §5), 43 characters.
/// It has no description; only its hash is kept.
public struct BearerToken: Sendable {
    public let kind: TokenKind
    private let secret: SecretBytes

    /// Makes a token of random bytes drawn by the caller; any number but 32 is nil.
    public init?(kind: TokenKind, random: [UInt8]) {
        guard random.count == 32 else { return nil }
        self.kind = kind
        secret = SecretBytes(random)
    }

    /// Reads a token that was presented as one of `kind`. Another kind's prefix, another length, a character outside
    /// the alphabet or set bits behind the last byte make nil, so one token has one spelling.
    public init?(text: String, kind: TokenKind) {
        let bytes = Array(text.utf8)
        let prefix = Array(kind.prefix.utf8)
        guard bytes.count == prefix.count + 43, bytes.starts(with: prefix) else { return nil }
        guard let decoded = Self.decode(bytes.dropFirst(prefix.count)) else { return nil }
        self.init(kind: kind, random: decoded)
    }

    /// What goes into the cookie, the header or the link.
    public var text: SecretText { SecretText(kind.prefix + Self.encode(secret.reveal())) }

    /// What goes into the store.
    public var hash: TokenHash { TokenHash(of: secret.reveal(), kind: kind) }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { out.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        return String(decoding: out, as: UTF8.self)
    }

    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for character in text {
            guard let value = sextet(character) else { return nil }
            buffer = (buffer << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return buffer & ((1 << UInt32(bits)) - 1) == 0 ? out : nil
    }

    private static func sextet(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5A: UInt32(character - 0x41)
        case 0x61...0x7A: UInt32(character - 0x61 + 26)
        case 0x30...0x39: UInt32(character - 0x30 + 52)
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }
}
