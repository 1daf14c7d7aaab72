/// How a JWE's content is encrypted (RFC 7518 §5.1); all of them authenticate, too.
public enum ContentEncryption: String, Sendable, CaseIterable {
    case a128GCM = "A128GCM"
    case a192GCM = "A192GCM"
    case a256GCM = "A256GCM"
    case a128CBCHS256 = "A128CBC-HS256"
    case a192CBCHS384 = "A192CBC-HS384"
    case a256CBCHS512 = "A256CBC-HS512"

    /// Bytes of a content encryption key; of the CBC modes half of it authenticates.
    public var keyLength: Int {
        switch self {
        case .a128GCM: 16
        case .a192GCM: 24
        case .a256GCM, .a128CBCHS256: 32
        case .a192CBCHS384: 48
        case .a256CBCHS512: 64
        }
    }

    /// Nil for the GCM modes.
    var authenticationHash: HashFunction? {
        switch self {
        case .a128GCM, .a192GCM, .a256GCM: nil
        case .a128CBCHS256: .sha256
        case .a192CBCHS384: .sha384
        case .a256CBCHS512: .sha512
        }
    }

    var vectorLength: Int { authenticationHash == nil ? AESGCM.vectorLength : 16 }
    var tagLength: Int { authenticationHash.map { $0.length / 2 } ?? AESGCM.tagLength }

    /// Encrypts, and authenticates the additional data with it.
    func seal(
        _ plaintext: [UInt8], key: SecretOctets, vector: [UInt8], additional: [UInt8]
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        guard let hash = authenticationHash else {
            return try AESGCM.seal(plaintext, key: key, vector: vector, additional: additional)
        }
        let (macKey, cipherKey) = key.split(at: key.count / 2)
        let ciphertext = try AESCBC.run(plaintext, key: cipherKey, vector: vector, encrypting: true)
        return (ciphertext, try Self.tag(macKey, hash, additional, vector, ciphertext))
    }

    /// Decrypts what is authentic.
    ///
    /// - Throws: `JOSEError` with `decryption_failed`, whatever was wrong.
    func open(
        _ ciphertext: [UInt8], key: SecretOctets, vector: [UInt8], tag: [UInt8], additional: [UInt8]
    ) throws -> [UInt8] {
        guard key.count == keyLength, vector.count == vectorLength, tag.count == tagLength else {
            throw JOSEError(.decryptionFailed)
        }
        guard let hash = authenticationHash else {
            return try AESGCM.open(ciphertext, key: key, vector: vector, tag: tag, additional: additional)
        }
        let (macKey, cipherKey) = key.split(at: key.count / 2)
        // RFC 7518 §5.2.2.2: first the tag, in constant time; padding is looked at only of what is authentic.
        guard OpenSSL.areEqual(tag, try Self.tag(macKey, hash, additional, vector, ciphertext)) else {
            throw JOSEError(.decryptionFailed)
        }
        return try AESCBC.run(ciphertext, key: cipherKey, vector: vector, encrypting: false)
    }

    /// RFC 7518 §5.2.2.1: the first half of the code over data, vector, ciphertext and the data's length in bits.
    private static func tag(
        _ key: SecretOctets, _ hash: HashFunction, _ additional: [UInt8], _ vector: [UInt8], _ ciphertext: [UInt8]
    ) throws -> [UInt8] {
        let length = bigEndian(UInt64(additional.count) * 8)
        let code = try hash.authenticationCode(of: additional + vector + ciphertext + length, key: key)
        return Array(code[..<(hash.length / 2)])
    }
}

/// The bytes of a number, big end first.
func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }
