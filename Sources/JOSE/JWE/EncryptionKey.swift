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
