/// A key that one encrypts for, by exactly one key management algorithm.
public struct EncryptionKey: Sendable {
    /// The only algorithm it is used with.
    public let algorithm: KeyManagementAlgorithm
    /// Its name, which the token carries.
    public let keyID: String?
    /// The recipient's public key; nil for a shared secret.
    public let publicKey: JSONWebKey?

    let secret: SecretOctets?

    /// Pins a recipient's public key: to `algorithm` where it is given, else to the key's own `alg`, else to
    /// `RSA-OAEP-256` or `ECDH-ES`.
    ///
    /// - Throws: `JOSEError`: `wrong_key_use`, `algorithm_mismatch`, `unsupported_algorithm`.
    public init(_ key: JSONWebKey, algorithm: KeyManagementAlgorithm? = nil) throws {
        let operations = ["encrypt", "wrapKey", "deriveKey", "deriveBits"]
        guard KeyDescription(key).allows(use: "enc", operations: operations) else { throw JOSEError(.wrongKeyUse) }
        self.algorithm = try key.keyManagementAlgorithm(wanted: algorithm)
        keyID = key.keyID
        publicKey = key
        secret = nil
    }

    /// A shared secret, of the length the algorithm needs; for `dir` it is the content's key itself.
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch`, `weak_key`.
    public init(sharedSecret: [UInt8], algorithm: KeyManagementAlgorithm, keyID: String? = nil) throws {
        try self.init(SecretOctets(sharedSecret), algorithm, keyID: keyID)
    }

    init(_ secret: SecretOctets, _ algorithm: KeyManagementAlgorithm, keyID: String?) throws {
        guard algorithm.isSymmetric else { throw JOSEError(.algorithmMismatch, "kty") }
        let fits =
            algorithm.wrappingKeyLength.map { $0 == secret.count }
            ?? ContentEncryption.allCases.contains { $0.keyLength == secret.count }
        guard fits else { throw JOSEError(.weakKey, "k") }
        self.algorithm = algorithm
        self.keyID = keyID
        self.secret = secret
        publicKey = nil
    }
}

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

extension KeyManagementAlgorithm {
    /// The algorithm a key says it has, or the one that is wanted; both, only when they agree.
    fileprivate static func pinned(said: String?, wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm? {
        guard let said else { return wanted }
        guard let own = KeyManagementAlgorithm(rawValue: said) else { throw JOSEError(.unsupportedAlgorithm, "alg") }
        guard wanted == nil || wanted == own else { throw JOSEError(.algorithmMismatch, "alg") }
        return own
    }
}

extension JSONWebKey {
    func keyManagementAlgorithm(wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm {
        let pinned = try KeyManagementAlgorithm.pinned(said: algorithm, wanted: wanted) ?? .usual(for: material)
        guard pinned.fits(material) else { throw JOSEError(.algorithmMismatch, "kty") }
        return pinned
    }
}

extension SharedSecret {
    /// A key whose `alg` is one of content encryption is the content's key itself.
    fileprivate func keyManagementAlgorithm(wanted: KeyManagementAlgorithm?) throws -> KeyManagementAlgorithm {
        let content = self.description.algorithm.flatMap(ContentEncryption.init(rawValue:))
        if let content {
            guard wanted ?? .direct == .direct else { throw JOSEError(.algorithmMismatch, "alg") }
            guard octets.count == content.keyLength else { throw JOSEError(.weakKey, "k") }
            return .direct
        }
        guard let pinned = try KeyManagementAlgorithm.pinned(said: self.description.algorithm, wanted: wanted) else {
            throw JOSEError(.unsupportedAlgorithm, "alg")
        }
        return pinned
    }
}
