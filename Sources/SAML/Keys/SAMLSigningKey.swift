import COpenSSL

/// A private key that signs, with the certificate that is published for it. It is in no description.
public struct SAMLSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// Its public half.
    public let verificationKey: SAMLVerificationKey

    let material: SAMLKeyMaterial

    /// What kind of key it is.
    public var kind: SAMLKeyKind { verificationKey.kind }

    /// What is signed with where nothing is said of it.
    public private(set) var algorithm: SAMLSignatureAlgorithm
    /// The digest of references then.
    public private(set) var digest = SAMLDigestAlgorithm.sha256

    /// Reads an unencrypted private key in PEM, and the certificate that belongs to it where one is given.
    ///
    /// - Throws: `SAMLError` with `KEY`: unreadable, weaker than RSA 2,048, or a certificate of another key.
    public init(pem text: String, certificate: String? = nil) throws {
        material = try PrivatePEM.read(text)
        let key = try certificate.map { try SAMLVerificationKey(pem: $0) }
        verificationKey = try SAMLVerificationKey(publicPartOf: material, certificate: key?.certificate)
        guard verificationKey.isStrongEnough(for: .strict) else {
            throw SAMLError(.key, "RSA keys that sign have 2,048 bits or more")
        }
        guard key == nil || key == verificationKey else {
            throw SAMLError(.key, "the certificate is not of the private key beside it")
        }
        algorithm = verificationKey.kind.usualAlgorithm
    }

    /// The same key, which signs by what a policy leaves.
    ///
    /// - Throws: `unsupported` where it leaves nothing for a key of this kind.
    public func signing(by policy: AlgorithmPolicy) throws(MessageFault) -> SAMLSigningKey {
        let chosen = try policy.signature(
            for: AlgorithmSupport(), key: kind.metadataKind, preferring: algorithm.rawValue)
        guard let algorithm = SAMLSignatureAlgorithm(rawValue: chosen.algorithm),
            let digest = SAMLDigestAlgorithm(rawValue: chosen.digest)
        else { throw MessageFault(.unsupported, "no algorithm is left that this key signs by") }
        var key = self
        (key.algorithm, key.digest) = (algorithm, digest)
        return key
    }

    /// The signature over some bytes, ECDSA in DER: for the redirect binding.
    ///
    /// - Throws: `SAMLError`: `KEY` where the key cannot sign so, `LIBRARY`.
    public func signature(over message: [UInt8], _ algorithm: SAMLSignatureAlgorithm? = nil) throws -> [UInt8] {
        let algorithm = algorithm ?? self.algorithm
        guard kind.fits(algorithm), SAMLAlgorithmPolicy.strict.allows(algorithm) else {
            throw SAMLError(.key, "the key cannot sign with this algorithm")
        }
        let context = try OpenSSL.require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        try OpenSSL.require(EVP_DigestSignInit(context, nil, algorithm.digest.implementation, nil, material.key))
        var length = Int(EVP_PKEY_get_size(material.key))
        var signature = [UInt8](repeating: 0, count: length)
        try OpenSSL.require(EVP_DigestSign(context, &signature, &length, message, message.count))
        return Array(signature.prefix(length))
    }

    public var description: String { "\(kind) signing key" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A private key that opens what others encrypted for us. It is in no description.
public struct SAMLDecryptionKey: Sendable, CustomStringConvertible, CustomReflectable {
    let material: SAMLKeyMaterial

    /// What kind of key it is; RSA always.
    public var kind: SAMLKeyKind { material.kind }

    /// Reads an unencrypted private RSA key in PEM.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    public init(pem text: String) throws {
        material = try PrivatePEM.read(text)
        guard case .rsa = material.kind else { throw SAMLError(.key, "keys that decrypt are RSA keys") }
    }

    public var description: String { "\(kind) decryption key" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Private keys in PEM (RFC 7468 §10, and the older forms that OpenSSL knows).
private enum PrivatePEM {
    static func read(_ text: String) throws -> SAMLKeyMaterial {
        let bytes = Array(text.utf8)
        guard bytes.count <= SAMLVerificationKey.byteLimit else { throw SAMLError(.key, "the key has too many bytes") }
        let memory = try OpenSSL.require(BIO_new(BIO_s_mem()))
        defer { BIO_free(memory) }
        guard BIO_write(memory, bytes, Int32(bytes.count)) == Int32(bytes.count) else { throw OpenSSL.failed() }
        // Without a callback of ours OpenSSL would ask the terminal for a password.
        guard let key = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw SAMLError(.key, "the private key cannot be read; it is PEM without a password")
        }
        return try SAMLKeyMaterial(owning: key)
    }
}
