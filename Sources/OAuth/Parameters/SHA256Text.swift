import JOSE

/// SHA-256 as base64url text: the form of challenges (RFC 7636), thumbprints (RFC 7638, RFC 8705) and `ath` (RFC 9449).
enum SHA256Text {
    /// The hash of a text's bytes; nil only when the cryptographic library fails, which proves nothing.
    static func of(_ text: String) -> String? { of(Array(text.utf8)) }

    static func of(_ bytes: [UInt8]) -> String? {
        (try? HashFunction.sha256.hash(bytes)).map(Base64URL.encode)
    }

    /// Whether a text is the base64url of 32 bytes.
    static func isOne(_ text: String) -> Bool { text.utf8.count == 43 && Base64URL.decode(text)?.count == 32 }

    /// Whether two texts are the same, in a time that does not tell where they differ.
    static func same(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return false }
        return equalInConstantTime(Array(left.utf8), Array(right.utf8))
    }
}
