/// The curves of `EC` keys (RFC 7518 §6.2.1.1), by their names there, which OpenSSL shares.
public enum EllipticCurve: String, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// Bytes of a coordinate, of a private key, and of each half of a signature.
    public var coordinateLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}

/// The curves of `OKP` keys (RFC 8037 §2): one for signatures, one for key agreement.
public enum OctetCurve: String, Sendable, CaseIterable {
    case ed25519 = "Ed25519"
    case x25519 = "X25519"

    /// Bytes of a public and of a private key.
    static let keyLength = 32
}
