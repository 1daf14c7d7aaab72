/// A key that opens what was encrypted for it, by exactly one key management algorithm.
public struct DecryptionKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The only algorithm it is used with.
    public let algorithm: KeyManagementAlgorithm
    /// Its name; a token that names another key is not opened with this one.
    public let keyID: String?
    /// What others encrypt for; nil for a shared secret.
    public let publicKey: JSONWebKey?

    let means: Means

    enum Means: Sendable {
        case pair(PrivateKey)
        case secret(SharedSecret)
    }

    /// The key that others need.
    ///
    /// - Throws: `JOSEError`.
    public func encryptionKey() throws -> EncryptionKey {
        switch means {
        case .pair(let key): try EncryptionKey(key.publicKey.withoutOperations, algorithm: algorithm)
        case .secret(let secret): try EncryptionKey(secret.octets, algorithm, keyID: keyID)
        }
    }

    /// Draws a pair: RSA for the OAEP algorithms, X25519 for `ECDH-ES` unless a curve is named. Without a name its
    /// thumbprint is its name.
    ///
    /// - Throws: `JOSEError` with `algorithm_mismatch` for algorithms of shared secrets.
    public static func generate(
        _ algorithm: KeyManagementAlgorithm, curve: EllipticCurve? = nil, keyID: String? = nil, modulusBits: Int = 2_048
    ) throws -> DecryptionKey {
        let kind: PrivateKey.Kind
        switch algorithm.family {
        case .oaep: kind = .rsa(bits: modulusBits)
        case .agreement, .agreementAndWrap: kind = curve.map { .elliptic($0) } ?? .octets(.x25519)
        case .wrap, .gcmWrap, .direct: throw JOSEError(.algorithmMismatch, "alg")
        }
        let key = try PrivateKey.generate(kind, keyID: keyID, use: "enc", algorithm: algorithm.rawValue)
        return try DecryptionKey(key, algorithm)
    }

    /// Reads a private JWK: what `privateJWK()` wrote, or somebody else's.
    ///
    /// - Throws: `JOSEError`.
    public init(privateJWK json: JSONObject, algorithm: KeyManagementAlgorithm? = nil) throws {
        guard json["kty"]?.text != "oct" else {
            try self.init(try SharedSecret(json), wanted: algorithm)
            return
        }
        let key = try PrivateKey(json)
        let operations = ["decrypt", "unwrapKey", "deriveKey", "deriveBits"]
        guard KeyDescription(key.publicKey).allows(use: "enc", operations: operations) else {
            throw JOSEError(.wrongKeyUse)
        }
        try self.init(key, try key.publicKey.keyManagementAlgorithm(wanted: algorithm))
    }

    /// A shared secret, of the length the algorithm needs.
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch`, `weak_key`.
    public init(sharedSecret: [UInt8], algorithm: KeyManagementAlgorithm, keyID: String? = nil) throws {
        try self.init(
            SharedSecret(SecretOctets(sharedSecret), keyID: keyID, algorithm: algorithm.rawValue), wanted: algorithm)
    }

    private init(_ key: PrivateKey, _ algorithm: KeyManagementAlgorithm) throws {
        guard algorithm.fits(key.publicKey.material) else { throw JOSEError(.algorithmMismatch, "kty") }
        self.algorithm = algorithm
        keyID = key.publicKey.keyID
        publicKey = key.publicKey
        means = .pair(key)
    }

    private init(_ secret: SharedSecret, wanted: KeyManagementAlgorithm?) throws {
        guard secret.description.use ?? "enc" == "enc" else { throw JOSEError(.wrongKeyUse) }
        let algorithm = try secret.keyManagementAlgorithm(wanted: wanted)
        // The same questions that the other side's key is asked.
        let other = try EncryptionKey(secret.octets, algorithm, keyID: secret.description.keyID)
        self.algorithm = other.algorithm
        keyID = other.keyID
        publicKey = nil
        means = .secret(secret)
    }

    /// The private JWK, to be sealed and kept; it is wiped when the value goes.
    public func privateJWK() -> SecretOctets {
        switch means {
        case .pair(let key): key.serialized()
        case .secret(let secret): secret.serialized(use: "enc")
        }
    }

    public var description: String { "\(algorithm.rawValue) decryption key" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
