import Crypto
import Vocabulary

/// SHA-256 of a token: what is stored and looked up. A 256-bit random value needs no slow hash and no salt.
public struct TokenHash: Sendable, Hashable, Codable {
    /// Always 32.
    public let bytes: [UInt8]

    /// Reads a stored hash; any other length is nil.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Hashes a token's 32 random bytes together with its kind, so that no hash of one kind is found among another's.
    public init(of secret: [UInt8], kind: TokenKind) {
        var hash = SHA256()
        hash.update(data: Array(kind.prefix.utf8))
        hash.update(data: secret)
        bytes = Array(hash.finalize())
    }
}

/// What a token opens. The kind is part of its text and of its hash: CVE-2026-4282 was a store without it.
public enum TokenKind: String, Sendable, Codable, CaseIterable, Hashable {
    case session, applicationSession, apiKey, handOver, link, preSession, device

    /// The typed prefix of the text form, which secret scanners can search for.
    public var prefix: String {
        switch self {
        case .session: "gh_s_"
        case .applicationSession: "gh_a_"
        case .apiKey: "gh_k_"
        case .handOver: "gh_h_"
        case .link: "gh_l_"
        case .preSession: "gh_p_"
        case .device: "gh_d_"
        }
    }
}
