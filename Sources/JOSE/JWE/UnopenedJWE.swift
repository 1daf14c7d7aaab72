/// An encrypted token, read and not yet opened (RFC 7516).
///
/// Reading needs no key and does no cryptography: whatever is compressed, asks for a password's work or for an algorithm
/// we do not have is refused here, for no more than its bytes cost.
public struct UnopenedJWE: Sendable {
    /// What the sender says of it.
    public let header: JOSEHeader
    /// How its key is sent.
    public let algorithm: KeyManagementAlgorithm
    /// How its content is encrypted.
    public let encryption: ContentEncryption

    let encryptedKey: [UInt8]
    let vector: [UInt8]
    let ciphertext: [UInt8]
    let tag: [UInt8]
    let additional: [UInt8]

    /// Reads a compact serialization.
    ///
    /// - Throws: `JOSEError`.
    public init(compact token: String) throws {
        let parts = try CompactForm.parts(of: token, count: 5)
        let header = try JOSEHeader(protected: try JOSEHeader.protectedParameters(parts[0]), understood: [])
        try self.init(header, parts: Array(parts[1...]), additional: Array(parts[0]))
    }

    /// - Parameter parts: encrypted key, initialization vector, ciphertext and tag, as base64url.
    init(_ header: JOSEHeader, parts: [ArraySlice<UInt8>], additional: [UInt8]) throws {
        // A small token must not become a large one: nothing is decompressed (RFC 8725 §3.6).
        guard header.parameters["zip"] == nil else { throw JOSEError(.compressionRefused, "zip") }
        guard let algorithm = KeyManagementAlgorithm(rawValue: header.algorithmName) else {
            throw JOSEError(.unsupportedAlgorithm, "alg")
        }
        guard let name = header.parameters["enc"]?.text else { throw JOSEError(.malformedHeader, "enc") }
        guard let encryption = ContentEncryption(rawValue: name) else {
            throw JOSEError(.unsupportedEncryption, "enc")
        }
        self.header = header
        self.algorithm = algorithm
        self.encryption = encryption
        self.additional = additional
        encryptedKey = try Base64URL.require(parts[0], "encrypted_key")
        vector = try Base64URL.require(parts[1], "iv")
        ciphertext = try Base64URL.require(parts[2], "ciphertext")
        tag = try Base64URL.require(parts[3], "tag")
        // RFC 7516 §5.2: an encrypted key where there must be none is no token of this algorithm.
        guard encryptedKey.isEmpty == algorithm.hasNoEncryptedKey, vector.count == encryption.vectorLength,
            tag.count == encryption.tagLength
        else { throw JOSEError(.malformedToken) }
    }
}

/// What was encrypted for us. That it could be read says nothing of who wrote it.
public struct OpenedJWE: Sendable {
    /// Its header.
    public let header: JOSEHeader
    /// What was encrypted.
    public let plaintext: [UInt8]
    /// The name of the key that opened it.
    public let keyID: String?
}
