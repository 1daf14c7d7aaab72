/// How the content encryption key of a JWE reaches its recipient (RFC 7518 §4.1).
///
/// `RSA1_5` is not among them (its padding is an oracle, RFC 8725 §3.2), nor are the `PBES2` ones, whose sender says how
/// long the recipient has to work.
public enum KeyManagementAlgorithm: String, Sendable, CaseIterable {
    case rsaOAEP = "RSA-OAEP"
    case rsaOAEP256 = "RSA-OAEP-256"
    case ecdhES = "ECDH-ES"
    case ecdhESA128KW = "ECDH-ES+A128KW"
    case ecdhESA192KW = "ECDH-ES+A192KW"
    case ecdhESA256KW = "ECDH-ES+A256KW"
    case a128KW = "A128KW"
    case a192KW = "A192KW"
    case a256KW = "A256KW"
    case a128GCMKW = "A128GCMKW"
    case a192GCMKW = "A192GCMKW"
    case a256GCMKW = "A256GCMKW"
    case direct = "dir"

    enum Family { case oaep(EVPKey.OAEPHash), agreement, agreementAndWrap, wrap, gcmWrap, direct }

    var family: Family {
        switch self {
        case .rsaOAEP: .oaep(.sha1)
        case .rsaOAEP256: .oaep(.sha256)
        case .ecdhES: .agreement
        case .ecdhESA128KW, .ecdhESA192KW, .ecdhESA256KW: .agreementAndWrap
        case .a128KW, .a192KW, .a256KW: .wrap
        case .a128GCMKW, .a192GCMKW, .a256GCMKW: .gcmWrap
        case .direct: .direct
        }
    }

    /// Bytes of the key that wraps; nil where nothing is wrapped by AES.
    var wrappingKeyLength: Int? {
        switch self {
        case .a128KW, .a128GCMKW, .ecdhESA128KW: 16
        case .a192KW, .a192GCMKW, .ecdhESA192KW: 24
        case .a256KW, .a256GCMKW, .ecdhESA256KW: 32
        case .rsaOAEP, .rsaOAEP256, .ecdhES, .direct: nil
        }
    }

    /// Whether both sides hold one secret.
    public var isSymmetric: Bool {
        switch family {
        case .wrap, .gcmWrap, .direct: true
        case .oaep, .agreement, .agreementAndWrap: false
        }
    }

    /// Whether the token has no encrypted key, because the content's key is agreed on or known.
    var hasNoEncryptedKey: Bool {
        switch family {
        case .agreement, .direct: true
        case .oaep, .agreementAndWrap, .wrap, .gcmWrap: false
        }
    }

    func fits(_ material: KeyMaterial) -> Bool {
        switch (family, material) {
        case (.oaep, .rsa): true
        case (.agreement, .ellipticCurve), (.agreementAndWrap, .ellipticCurve): true
        case (.agreement, .octetKeyPair(let curve, _)), (.agreementAndWrap, .octetKeyPair(let curve, _)):
            curve == .x25519
        default: false
        }
    }

    /// What a public key is pinned to that does not say.
    static func usual(for material: KeyMaterial) -> KeyManagementAlgorithm {
        if case .rsa = material { .rsaOAEP256 } else { .ecdhES }
    }
}
