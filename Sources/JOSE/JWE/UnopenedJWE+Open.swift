extension UnopenedJWE {
    /// Opens the token with a key the caller chose. A token that names another key, or another algorithm than this
    /// key's, is refused before anything is computed.
    ///
    /// - Throws: `JOSEError`: `unknown_key`, `algorithm_mismatch`, `malformed_header`, and for everything that the
    ///   cryptography finds wrong alike `decryption_failed`.
    public func opened(with key: DecryptionKey) throws -> OpenedJWE {
        if let wanted = header.keyID, let own = key.keyID, !isIdentical(wanted, own) {
            throw JOSEError(.unknownKey, "kid")
        }
        guard algorithm == key.algorithm else { throw JOSEError(.algorithmMismatch, "alg") }
        let contentKey = try contentKey(with: key)
        let plaintext = try encryption.open(
            ciphertext, key: contentKey, vector: vector, tag: tag, additional: additional)
        return OpenedJWE(header: header, plaintext: plaintext, keyID: key.keyID)
    }

    /// Opens the token with the key that the header names, or with the only one there is.
    ///
    /// - Throws: `JOSEError`, as `opened(with:)`, and `ambiguous_key`.
    public func opened(with keys: [DecryptionKey]) throws -> OpenedJWE {
        guard let wanted = header.keyID else {
            let fitting = keys.filter { $0.algorithm == algorithm }
            guard let only = fitting.first, fitting.count == 1 else {
                throw JOSEError(fitting.isEmpty ? .unknownKey : .ambiguousKey, "kid")
            }
            return try opened(with: only)
        }
        guard let named = keys.first(where: { $0.keyID.map { isIdentical($0, wanted) } ?? false }) else {
            throw JOSEError(.unknownKey, "kid")
        }
        return try opened(with: named)
    }

    private func contentKey(with key: DecryptionKey) throws -> SecretOctets {
        switch key.means {
        case .secret(let secret): return try unwrapped(with: secret.octets)
        case .pair(let pair):
            guard case .oaep(let hash) = algorithm.family else { return try agreed(with: pair) }
            // RFC 7516 §11.5: a wrong padding goes on with a random key, and fails where every other fault does.
            let key = try pair.pair.decryptOAEP(encryptedKey, hash)
            let random = try SecretOctets.random(encryption.keyLength)
            guard let key, key.count == encryption.keyLength else { return random }
            return key
        }
    }

    private func unwrapped(with secret: SecretOctets) throws -> SecretOctets {
        switch algorithm.family {
        case .wrap: return try AESKeyWrap.unwrap(encryptedKey, with: secret)
        case .gcmWrap:
            return try AESGCM.unwrap(
                encryptedKey, key: secret, vector: try parameter("iv", AESGCM.vectorLength),
                tag: try parameter("tag", AESGCM.tagLength))
        case .direct: return secret
        case .oaep, .agreement, .agreementAndWrap: throw JOSEError(.algorithmMismatch, "alg")
        }
    }

    private func parameter(_ name: String, _ length: Int) throws -> [UInt8] {
        guard let text = header.parameters[name]?.text, let bytes = Base64URL.decode(text), bytes.count == length
        else { throw JOSEError(.malformedHeader, name) }
        return bytes
    }

    private func agreed(with own: PrivateKey) throws -> SecretOctets {
        let parameters = try KeyAgreement.Parameters(header.parameters)
        // A point of another curve would be a question about our key (invalid curve attacks).
        guard own.publicKey.material.isOnCurve(of: parameters.ephemeral.material) else {
            throw JOSEError(.malformedHeader, "epk")
        }
        guard let shared = try own.pair.agree(with: parameters.ephemeral.key) else {
            throw JOSEError(.decryptionFailed)
        }
        let wrapping = algorithm.wrappingKeyLength
        let key = try KeyAgreement.derive(
            shared, name: wrapping == nil ? encryption.rawValue : algorithm.rawValue, partyU: parameters.partyU,
            partyV: parameters.partyV, length: wrapping ?? encryption.keyLength)
        return wrapping == nil ? key : try AESKeyWrap.unwrap(encryptedKey, with: key)
    }
}

extension KeyMaterial {
    func isOnCurve(of other: KeyMaterial) -> Bool {
        switch (self, other) {
        case (.ellipticCurve(let own, _, _), .ellipticCurve(let theirs, _, _)): own == theirs
        case (.octetKeyPair(let own, _), .octetKeyPair(let theirs, _)): own == theirs
        default: false
        }
    }
}
