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
        guard text.utf8.count == kind.prefix.utf8.count + 43, text.utf8.starts(with: kind.prefix.utf8),
            let decoded = Base64.decode(Substring(text.utf8.dropFirst(kind.prefix.utf8.count)), .url)
        else { return nil }
        self.init(kind: kind, random: decoded)
    }

    /// What goes into the cookie, the header or the link.
    public var text: SecretText { SecretText(kind.prefix + Base64.encode(secret.reveal(), .url)) }

    /// What goes into the store.
    public var hash: TokenHash { TokenHash(of: secret.reveal(), kind: kind) }
}
