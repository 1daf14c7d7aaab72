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

extension TokenHash {
    private enum CodingKeys: CodingKey { case bytes }

    /// Reads hexadecimal digits, and the list of numbers that records held at first.
    public init(from decoder: any Decoder) throws {
        let bytes: [UInt8]
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            bytes = Self.bytes(hexadecimal: text)
        } else {
            bytes = try decoder.container(keyedBy: CodingKeys.self).decode([UInt8].self, forKey: .bytes)
        }
        guard let hash = TokenHash(bytes: bytes) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a hash of 32 bytes"))
        }
        self = hash
    }

    /// Writes one text of 64 digits: every step of a login writes two of them, and a list of numbers takes ten times as
    /// long.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            String(unsafeUninitializedCapacity: 64) { digits in
                for (index, byte) in bytes.enumerated() {
                    digits[2 * index] = Self.digits[Int(byte >> 4)]
                    digits[2 * index + 1] = Self.digits[Int(byte & 15)]
                }
                return 64
            })
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// Empty for anything but pairs of digits.
    private static func bytes(hexadecimal text: String) -> [UInt8] {
        let values = text.utf8.map { digit in digits.firstIndex(of: digit).map { UInt8($0) } ?? 16 }
        guard values.count == 64, values.allSatisfy({ $0 < 16 }) else { return [] }
        return stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}

/// What a token opens. The kind is part of its text and of its hash: CVE-2026-4282 was a store without it.
public enum TokenKind: String, Sendable, Codable, CaseIterable, Hashable {
    case session, applicationSession, apiKey, handOver, link, preSession, device
    case clientSecret, authorizationCode, accessToken, refreshToken, deviceCode, requestURI, registration
    case authorizationRequest

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
        case .clientSecret: "gh_cs_"
        case .authorizationCode: "gh_ac_"
        case .accessToken: "gh_at_"
        case .refreshToken: "gh_rt_"
        case .deviceCode: "gh_dc_"
        case .requestURI: "gh_ru_"
        case .registration: "gh_ra_"
        case .authorizationRequest: "gh_ar_"
        }
    }
}
