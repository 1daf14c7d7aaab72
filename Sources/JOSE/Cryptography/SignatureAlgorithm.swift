/// The algorithms of JWS (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). There is no `none`: what is unsigned proves nothing.
public enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    /// Of the Ed25519 curve only; the name that most still use.
    case edDSA = "EdDSA"
    /// The same signature under the name that says its curve. A key is pinned to one of the two names.
    case ed25519 = "Ed25519"
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    /// The hash inside; of EdDSA the one its curve uses, which is also that of `at_hash` beside it.
    public var hash: HashFunction {
        switch self {
        case .rs256, .ps256, .es256, .hs256: .sha256
        case .rs384, .ps384, .es384, .hs384: .sha384
        case .rs512, .ps512, .es512, .hs512, .edDSA, .ed25519: .sha512
        }
    }

    /// Whether whoever verifies could also sign: both hold one shared secret.
    public var isSymmetric: Bool { family == .hmac }

    /// The one curve an ECDSA algorithm goes with; nil for the others.
    public var curve: EllipticCurve? {
        switch self {
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        default: nil
        }
    }

    enum Family: Sendable { case rsaPKCS1, rsaPSS, ecdsa, edDSA, hmac }

    var family: Family {
        switch self {
        case .rs256, .rs384, .rs512: .rsaPKCS1
        case .ps256, .ps384, .ps512: .rsaPSS
        case .es256, .es384, .es512: .ecdsa
        case .edDSA, .ed25519: .edDSA
        case .hs256, .hs384, .hs512: .hmac
        }
    }

    /// Whether keys of this material can sign so.
    func fits(_ material: KeyMaterial) -> Bool {
        switch material {
        case .rsa: family == .rsaPKCS1 || family == .rsaPSS
        case .ellipticCurve(let curve, _, _): self.curve == curve
        case .octetKeyPair(let curve, _): family == .edDSA && curve == .ed25519
        }
    }
}
