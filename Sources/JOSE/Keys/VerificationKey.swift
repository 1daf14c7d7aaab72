/// A key that checks signatures of exactly one algorithm: what a token's header says of algorithms is compared to it
/// and never decides (RFC 8725 §3.1).
public struct VerificationKey: Sendable {
    /// The only algorithm this key verifies.
    public let algorithm: SignatureAlgorithm
    /// Its name; a token that names another key is not checked with this one.
    public let keyID: String?
    /// The public key; nil for a shared secret, which has nothing to publish.
    public let publicKey: JSONWebKey?

    private let proof: Proof

    private enum Proof: Sendable {
        case signature(SignatureOperation)
        case authenticationCode(SecretOctets)
    }

    /// Pins a public key to an algorithm: to `algorithm` where it is given, else to the key's own `alg`, else to the one
    /// that its curve has. An RSA key without `alg` needs to be told.
    ///
    /// - Throws: `JOSEError`: `wrong_key_use` for keys of encryption, `algorithm_mismatch` where key and algorithm do not
    ///   go together, `unsupported_algorithm` for an `alg` we do not have or none at all.
    public init(_ key: JSONWebKey, algorithm: SignatureAlgorithm? = nil) throws {
        let description = KeyDescription(key)
        guard description.allows(use: "sig", operations: ["verify"]) else { throw JOSEError(.wrongKeyUse) }
        self.algorithm = try key.material.signatureAlgorithm(said: key.algorithm, wanted: algorithm)
        keyID = key.keyID
        publicKey = key
        proof = .signature(try SignatureOperation(.verify, key.key, self.algorithm))
    }

    /// A shared secret for HMAC: an HS algorithm, and at least as many bytes as its hash has (RFC 7518 §3.2).
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch` for other algorithms, `weak_key` for a short key.
    public init(sharedSecret: [UInt8], algorithm: SignatureAlgorithm, keyID: String? = nil) throws {
        try self.init(
            SharedSecret(SecretOctets(sharedSecret), keyID: keyID, algorithm: algorithm.rawValue), algorithm)
    }

    /// A shared secret from an `oct` JWK.
    ///
    /// - Throws: `JOSEError`.
    public init(sharedSecretJWK json: JSONObject, algorithm: SignatureAlgorithm? = nil) throws {
        let secret = try SharedSecret(json)
        guard secret.description.allows(use: "sig", operations: ["verify", "sign"]) else {
            throw JOSEError(.wrongKeyUse)
        }
        try self.init(secret, try SignatureAlgorithm.pinned(said: secret.description.algorithm, wanted: algorithm))
    }

    init(_ secret: SharedSecret, _ algorithm: SignatureAlgorithm) throws {
        try secret.check(for: algorithm)
        self.algorithm = algorithm
        keyID = secret.description.keyID
        publicKey = nil
        proof = .authenticationCode(secret.octets)
    }

    /// - Throws: `JOSEError` with `invalid_signature` unless this key made the signature over the message.
    func require(_ signature: [UInt8], over message: [UInt8]) throws {
        let holds =
            switch proof {
            case .signature(let operation): try operation.verify(signature, over: message)
            case .authenticationCode(let secret):
                OpenSSL.areEqual(signature, try algorithm.hash.authenticationCode(of: message, key: secret))
            }
        guard holds else { throw JOSEError(.invalidSignature) }
    }
}

extension KeyDescription {
    init(_ key: JSONWebKey) {
        self.init(keyID: key.keyID, use: key.use, operations: key.operations, algorithm: key.algorithm)
    }
}

extension SignatureAlgorithm {
    /// The algorithm a key says it has, or the one that is wanted; both, only when they agree. Of keys, not of tokens,
    /// the common slip `ES521`, named after the curve, is read as `ES512`.
    static func pinned(said: String?, wanted: SignatureAlgorithm?) throws -> SignatureAlgorithm {
        guard let said else {
            guard let wanted else { throw JOSEError(.unsupportedAlgorithm, "alg") }
            return wanted
        }
        guard let own = SignatureAlgorithm(rawValue: said == "ES521" ? "ES512" : said) else {
            throw JOSEError(.unsupportedAlgorithm, "alg")
        }
        guard wanted == nil || wanted == own else { throw JOSEError(.algorithmMismatch, "alg") }
        return own
    }
}

extension KeyMaterial {
    func signatureAlgorithm(said: String?, wanted: SignatureAlgorithm?) throws -> SignatureAlgorithm {
        let usual = said == nil ? usualSignatureAlgorithm : nil
        let algorithm = try SignatureAlgorithm.pinned(said: said, wanted: wanted ?? usual)
        guard algorithm.fits(self) else { throw JOSEError(.algorithmMismatch, "kty") }
        return algorithm
    }

    /// The algorithm of a key that does not say, where its curve leaves no choice but of a name.
    private var usualSignatureAlgorithm: SignatureAlgorithm? {
        SignatureAlgorithm.allCases.first { type != "RSA" && $0.fits(self) }
    }
}
