/// What an `EncryptedAssertion`, `EncryptedID` or `EncryptedAttribute` says of itself (XML Encryption 1.1 §3).
struct EncryptedContent {
    let cipher: SAMLCipher
    let bytes: [UInt8]
    let keys: [Key]

    struct Key {
        let transport: SAMLKeyTransport
        let label: [UInt8]
        let bytes: [UInt8]
        /// The entity that it says it is for; a hint.
        let recipient: String?
    }

    /// Keys for several recipients, of which ours is one.
    private static let keyLimit = 4

    /// - Throws: `SAMLError`: `DECRYPT` for a structure that is none, `ENC_ALG`.
    init(_ container: XMLElement, _ policy: SAMLAlgorithmPolicy) throws {
        let data = try container.only(XMLNamespace.encryption, "EncryptedData")
        let name = try data.only(XMLNamespace.encryption, "EncryptionMethod").attribute("Algorithm") ?? ""
        guard let cipher = SAMLCipher(rawValue: name), policy.allows(cipher) else {
            throw SAMLError(.encryptionAlgorithm, "content is encrypted by \(name.shortened), which is refused")
        }
        self.cipher = cipher
        bytes = try data.cipherValue()
        let info = data.children(XMLNamespace.signature, "KeyInfo").flatMap {
            $0.children(XMLNamespace.encryption, "EncryptedKey")
        }
        let found = info + container.children(XMLNamespace.encryption, "EncryptedKey")
        guard (1...Self.keyLimit).contains(found.count) else {
            throw SAMLError(
                .decryption, "there are \(found.count) encrypted keys, where 1 to \(Self.keyLimit) are read")
        }
        keys = try found.map { try Key($0, policy) }
    }

    /// The content, by whichever key opens it. Whatever goes wrong, the error is one, and so is the work: a key that does not
    /// open is replaced by a random one, whose content then does not open either.
    ///
    /// - Throws: `SAMLError` with `DECRYPT`.
    func opened(by decryption: Decryption) throws -> [UInt8] {
        let decoy = try OpenSSL.randomBytes(cipher.keyLength)
        for attempt in try decryption.attempts(on: keys) {
            let material = attempt.privateKey.material
            let found = SealedKey.open(
                attempt.key.bytes, attempt.key.transport, label: attempt.key.label, with: material)
            let usable = found?.count == cipher.keyLength
            if let content = SealedContent.open(bytes, cipher, key: usable ? found ?? decoy : decoy) {
                decryption.opened(by: attempt)
                return content
            }
        }
        throw SAMLError(.decryption, "none of our keys opens what is encrypted")
    }
}

extension EncryptedContent.Key {
    fileprivate init(_ element: XMLElement, _ policy: SAMLAlgorithmPolicy) throws {
        let method = try element.only(XMLNamespace.encryption, "EncryptionMethod")
        let name = method.attribute("Algorithm") ?? ""
        let digest = try Self.digest(method)
        switch name {
        case SAMLKeyTransport.mgf1pName:
            guard
                method.child(XMLNamespace.encryption11, "MGF").map({
                    $0.attribute("Algorithm") == SAMLDigestAlgorithm.sha1.maskName
                }) ?? true
            else { throw SAMLError(.encryptionAlgorithm, "rsa-oaep-mgf1p has no other mask than SHA-1's") }
            transport = .oaepMGF1P(digest: digest)
        case SAMLKeyTransport.oaepName: transport = .oaep(digest: digest, mask: try Self.mask(method))
        case SAMLKeyTransport.pkcs1Name where policy.allowsUnauthenticatedEncryption: transport = .pkcs1
        default: throw SAMLError(.encryptionAlgorithm, "a key is encrypted by \(name.shortened), which is refused")
        }
        guard policy.allows(transport) else {
            throw SAMLError(
                .encryptionAlgorithm, "a key is encrypted by \(name.shortened), or with a digest, which is refused")
        }
        label =
            try method.onlyChild(XMLName(XMLNamespace.encryption, "OAEPparams")).map {
                guard let bytes = SAMLBase64.decode(try $0.simpleText()), bytes.count <= 1_024 else {
                    throw SAMLError(.decryption, "OAEPparams is not base64")
                }
                return bytes
            } ?? []
        recipient = element.attribute("Recipient")
        bytes = try element.cipherValue()
        guard bytes.count <= 1_024 else { throw SAMLError(.decryption, "an encrypted key has too many bytes") }
    }

    private static func digest(_ method: XMLElement) throws -> SAMLDigestAlgorithm {
        guard let element = try method.onlyChild(XMLName(XMLNamespace.signature, "DigestMethod")) else { return .sha1 }
        let name = element.attribute("Algorithm") ?? ""
        guard let digest = SAMLDigestAlgorithm(rawValue: name) else {
            throw SAMLError(.encryptionAlgorithm, "the digest \(name.shortened) is refused")
        }
        return digest
    }

    private static func mask(_ method: XMLElement) throws -> SAMLDigestAlgorithm {
        guard let element = try method.onlyChild(XMLName(XMLNamespace.encryption11, "MGF")) else { return .sha1 }
        let name = element.attribute("Algorithm") ?? ""
        guard let mask = SAMLDigestAlgorithm.allCases.first(where: { $0.maskName == name }) else {
            throw SAMLError(.encryptionAlgorithm, "the mask \(name.shortened) is refused")
        }
        return mask
    }
}

extension XMLElement {
    fileprivate func only(_ namespace: String, _ local: String) throws -> XMLElement {
        let found = children(namespace, local)
        guard found.count == 1 else {
            throw SAMLError(.decryption, "\(name) has \(found.count) of \(XMLName(namespace, local)), where it has one")
        }
        return found[0]
    }

    fileprivate func cipherValue() throws -> [UInt8] {
        let value = try only(XMLNamespace.encryption, "CipherData").only(XMLNamespace.encryption, "CipherValue")
        guard let bytes = SAMLBase64.decode(try value.simpleText()) else {
            throw SAMLError(.decryption, "CipherValue is not base64")
        }
        return bytes
    }
}
