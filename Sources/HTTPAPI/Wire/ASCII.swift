/// Questions about bytes that HTTP's grammars ask everywhere.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
    }

    /// RFC 3986 §2.3 `unreserved`.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
    }

    /// RFC 9110 §5.6.2 `tchar`.
    static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// Whether the text begins with these small letters, whichever case it writes them in.
    static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
        guard text.utf8.count >= prefix.utf8.count else { return false }
        return zip(text.utf8, prefix.utf8).allSatisfy { byte, wanted in
            byte == wanted || (byte >= 0x41 && byte <= 0x5A && byte | 0x20 == wanted)
        }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    static let upperHex = Array("0123456789ABCDEF".utf8)

    /// The byte as `%XX` (RFC 3986 §2.1: upper case).
    static func percentEncoded(_ byte: UInt8) -> [UInt8] {
        [0x25, upperHex[Int(byte >> 4)], upperHex[Int(byte & 15)]]
    }

    /// Percent-encodes everything but `unreserved`.
    static func percentEncode(_ text: String) -> String {
        String(decoding: text.utf8.flatMap { isUnreserved($0) ? [$0] : percentEncoded($0) }, as: UTF8.self)
    }
}
