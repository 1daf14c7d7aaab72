/// A key that signs with exactly one algorithm, from any thread; its private part is in no description of it.
public struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The only algorithm this key signs with.
    public let algorithm: SignatureAlgorithm
    /// What verifies its signatures; `verificationKey.publicKey` is what is published.
    public let verificationKey: VerificationKey

    private let means: Means

    private enum Means: Sendable {
        case pair(PrivateKey, SignatureOperation)
        case secret(SharedSecret)
    }

    /// The name that its tokens carry.
    public var keyID: String? { verificationKey.keyID }
    /// The public half; nil for a shared secret.
    public var publicKey: JSONWebKey? { verificationKey.publicKey }

    /// Draws a new key. Without a name, its RFC 7638 thumbprint is its name. RSA keys get `modulusBits`.
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch` for HMAC (a shared secret is agreed on, not drawn here), `weak_key`
    ///   for an RSA modulus outside 2,048 to 8,192 bits.
    public static func generate(
        _ algorithm: SignatureAlgorithm, keyID: String? = nil, modulusBits: Int = 2_048
    ) throws -> SigningKey {
        guard let kind = algorithm.keyKind(modulusBits: modulusBits) else { throw JOSEError(.algorithmMismatch, "alg") }
        return try SigningKey(
            .generate(kind, keyID: keyID, use: "sig", algorithm: algorithm.rawValue), algorithm: algorithm)
    }

    /// Reads a private JWK: what `privateJWK()` wrote, or somebody else's. An RSA key without `alg` needs `algorithm`.
    ///
    /// - Throws: `JOSEError`.
    public init(privateJWK json: JSONObject, algorithm: SignatureAlgorithm? = nil) throws {
        if json["kty"]?.text == "oct" {
            let secret = try SharedSecret(json)
            try self.init(secret, try .pinned(said: secret.description.algorithm, wanted: algorithm))
        } else {
            let key = try PrivateKey(json)
            guard KeyDescription(key.publicKey).allows(use: "sig", operations: ["sign"]) else {
                throw JOSEError(.wrongKeyUse)
            }
            try self.init(key, algorithm: algorithm)
        }
    }

    /// Reads an unencrypted private key in PEM, such as `openssl genpkey` and providers' consoles make. An RSA key needs
    /// `algorithm`; without a name the RFC 7638 thumbprint is its name.
    ///
    /// - Throws: `JOSEError`.
    public init(pem text: String, algorithm: SignatureAlgorithm? = nil, keyID: String? = nil) throws {
        try self.init(.read(pem: text, keyID: keyID), algorithm: algorithm)
    }

    /// A shared secret for HMAC.
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch` for other algorithms, `weak_key` for a key shorter than the hash.
    public init(sharedSecret: [UInt8], algorithm: SignatureAlgorithm, keyID: String? = nil) throws {
        try self.init(
            SharedSecret(SecretOctets(sharedSecret), keyID: keyID, algorithm: algorithm.rawValue), algorithm)
    }

    private init(_ secret: SharedSecret, _ algorithm: SignatureAlgorithm) throws {
        verificationKey = try VerificationKey(secret, algorithm)
        self.algorithm = algorithm
        means = .secret(secret)
    }

    private init(_ key: PrivateKey, algorithm: SignatureAlgorithm?) throws {
        verificationKey = try VerificationKey(key.publicKey.withoutOperations, algorithm: algorithm)
        self.algorithm = verificationKey.algorithm
        means = .pair(key, try SignatureOperation(.sign, key.pair, self.algorithm))
    }

    /// The private JWK, to be sealed and kept; it is wiped when the value goes.
    public func privateJWK() -> SecretOctets {
        switch means {
        case .pair(let key, _): key.serialized()
        case .secret(let secret): secret.serialized(use: "sig")
        }
    }

    /// The signature over some bytes, in the form JWS gives it.
    func signature(over message: [UInt8]) throws -> [UInt8] {
        switch means {
        case .pair(_, let operation): try operation.sign(message)
        case .secret(let secret): try algorithm.hash.authenticationCode(of: message, key: secret.octets)
        }
    }

    public var description: String { "\(algorithm.rawValue) signing key" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SignatureAlgorithm {
    func keyKind(modulusBits: Int) -> PrivateKey.Kind? {
        switch family {
        case .rsaPKCS1, .rsaPSS: .rsa(bits: modulusBits)
        case .ecdsa: curve.map { .elliptic($0) }
        case .edDSA: .octets(.ed25519)
        case .hmac: nil
        }
    }
}

extension JSONWebKey {
    /// A private key's `key_ops` name what the private half does; its public half is published without them.
    var withoutOperations: JSONWebKey {
        guard operations != nil else { return self }
        return JSONWebKey(material, KeyDescription(keyID: keyID, use: use, algorithm: algorithm), key)
    }
}
