/// Encrypting for somebody (RFC 7516).
public enum JWE {
    /// Encrypts bytes and gives the compact serialization.
    ///
    /// With a `dir` key the content encryption has to be of the secret's length.
    ///
    /// - Throws: `JOSEError`: `algorithm_mismatch`, `malformed_header` where `parameters` names what is set here.
    public static func encrypt(
        _ plaintext: [UInt8], for key: EncryptionKey, encryption: ContentEncryption = .a256GCM, type: String? = nil,
        contentType: String? = nil, parameters: JSONObject = [:]
    ) throws -> String {
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue), "enc": .string(encryption.rawValue)]
        if let type { header["typ"] = .string(type) }
        if let contentType { header["cty"] = .string(contentType) }
        if let keyID = key.keyID { header["kid"] = .string(keyID) }
        try add(parameters, to: &header)
        let sent = try contentKey(for: key, encryption)
        for name in sent.parameters.names { header[name] = sent.parameters[name] }
        let protected = Base64URL.encoded(header.serialized)
        let vector = try OpenSSL.randomBytes(encryption.vectorLength)
        let sealed = try encryption.seal(plaintext, key: sent.key, vector: vector, additional: protected)
        let parts = [sent.encrypted, vector, sealed.ciphertext, sealed.tag].map { Base64URL.encoded($0) }
        return String(decoding: Array(([protected] + parts).joined(separator: [JWS.dot])), as: UTF8.self)
    }

    private static let ours: Set = [
        "typ", "cty", "kid", "crit", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
    ]

    private static func add(_ parameters: JSONObject, to header: inout JSONObject) throws {
        for name in parameters.names {
            guard header[name] == nil, !ours.contains(name) else { throw JOSEError(.malformedHeader, name) }
            header[name] = parameters[name]
        }
    }

    /// A content key, as it is sent, and what the header says of that.
    private struct SentKey {
        let key: SecretOctets
        var encrypted: [UInt8] = []
        var parameters: JSONObject = [:]
    }

    private static func contentKey(for key: EncryptionKey, _ encryption: ContentEncryption) throws -> SentKey {
        if let secret = key.secret { return try wrapped(by: secret, key.algorithm, encryption) }
        guard let recipient = key.publicKey else { throw JOSEError(.algorithmMismatch, "kty") }
        guard case .oaep(let hash) = key.algorithm.family else {
            return try agreed(with: recipient, key.algorithm, encryption)
        }
        let content = try SecretOctets.random(encryption.keyLength)
        return SentKey(key: content, encrypted: try recipient.key.encryptOAEP(content, hash))
    }

    private static func wrapped(
        by secret: SecretOctets, _ algorithm: KeyManagementAlgorithm, _ encryption: ContentEncryption
    ) throws -> SentKey {
        guard algorithm != .direct else {
            guard secret.count == encryption.keyLength else { throw JOSEError(.algorithmMismatch, "enc") }
            return SentKey(key: secret)
        }
        let content = try SecretOctets.random(encryption.keyLength)
        guard case .gcmWrap = algorithm.family else {
            return SentKey(key: content, encrypted: try AESKeyWrap.wrap(content, with: secret))
        }
        let vector = try OpenSSL.randomBytes(AESGCM.vectorLength)
        let sealed = try content.withBytes { try AESGCM.seal($0, key: secret, vector: vector, additional: []) }
        let parameters: JSONObject = [
            "iv": .string(Base64URL.encode(vector)), "tag": .string(Base64URL.encode(sealed.tag)),
        ]
        return SentKey(key: content, encrypted: sealed.ciphertext, parameters: parameters)
    }

    private static func agreed(
        with recipient: JSONWebKey, _ algorithm: KeyManagementAlgorithm, _ encryption: ContentEncryption
    ) throws -> SentKey {
        let (ephemeral, material) = try recipient.material.drawEphemeral()
        guard let shared = try ephemeral.agree(with: recipient.key) else { throw JOSEError(.cryptographyFailed) }
        let parameters: JSONObject = ["epk": .object(material.json)]
        let wrapping = algorithm.wrappingKeyLength
        let derived = try KeyAgreement.derive(
            shared, name: wrapping == nil ? encryption.rawValue : algorithm.rawValue, partyU: [], partyV: [],
            length: wrapping ?? encryption.keyLength)
        guard wrapping != nil else { return SentKey(key: derived, parameters: parameters) }
        let content = try SecretOctets.random(encryption.keyLength)
        let encrypted = try AESKeyWrap.wrap(content, with: derived)
        return SentKey(key: content, encrypted: encrypted, parameters: parameters)
    }
}

extension KeyMaterial {
    /// A new pair on the curve of this key, for one token.
    fileprivate func drawEphemeral() throws -> (EVPKey, KeyMaterial) {
        switch self {
        case .ellipticCurve(let curve, _, _):
            let pair = try EVPKey.generate(curve)
            return (pair, try pair.material(on: curve))
        case .octetKeyPair(let curve, _):
            let pair = try EVPKey.generate(curve)
            return (pair, try pair.material(on: curve))
        case .rsa: throw JOSEError(.algorithmMismatch, "kty")
        }
    }
}
