/// Encrypting for somebody's key, and decrypting with ours.
public enum SAMLEncryption {
    /// What is encrypted, and so what the element around it is called.
    public enum Content: String, Sendable, CaseIterable {
        case assertion = "EncryptedAssertion"
        case nameID = "EncryptedID"
        case newID = "NewEncryptedID"
        case attribute = "EncryptedAttribute"

        var name: XMLName {
            XMLName(self == .newID ? XMLNamespace.protocols : XMLNamespace.assertion, rawValue)
        }
    }

    /// How it is encrypted.
    public struct Options: Sendable {
        public var cipher: SAMLCipher
        public var transport: SAMLKeyTransport
        /// The entity that it is encrypted for.
        public var recipient: String?

        /// AES-256-GCM under OAEP with SHA-1, which every product that does OAEP has.
        public init(
            cipher: SAMLCipher = .aes256GCM, transport: SAMLKeyTransport = .oaepMGF1P(digest: .sha1),
            recipient: String? = nil
        ) {
            self.cipher = cipher
            self.transport = transport
            self.recipient = recipient
        }
    }

    /// Encrypts a document, an assertion that is signed already for example.
    ///
    /// - Throws: `SAMLError`: `KEY` for keys that are not RSA, `ENC_ALG` for CBC and RSA-1_5, `LIBRARY`.
    public static func encrypt(
        _ document: [UInt8], as content: Content, for key: SAMLVerificationKey, options: Options = Options()
    ) throws -> XMLElement {
        guard case .rsa(let bits) = key.kind, bits >= SAMLAlgorithmPolicy.strict.minimumRSABits else {
            throw SAMLError(.key, "content is encrypted for RSA keys of 2,048 bits and more")
        }
        guard options.transport != .pkcs1 else { throw SAMLError(.encryptionAlgorithm, "RSA-1_5 is refused") }
        let secret = try OpenSSL.randomBytes(options.cipher.keyLength)
        let sealed = try SealedContent.seal(document, options.cipher, key: secret)
        let wrapped = try SealedKey.seal(secret, options.transport, for: key.material)
        let encryptedKey = xenc(
            "EncryptedKey", options.recipient.map { [XMLAttribute("Recipient", $0)] } ?? [],
            [method(options.transport), cipherData(wrapped)])
        let data = xenc(
            "EncryptedData", [XMLAttribute("Type", XMLNamespace.encryption + "Element")],
            [
                xenc("EncryptionMethod", [XMLAttribute("Algorithm", options.cipher.rawValue)]),
                XMLElement(XMLNamespace.signature, "KeyInfo", [], [encryptedKey]), cipherData(sealed),
            ])
        return XMLElement(content.name, children: [.element(data)])
    }

    /// Encrypts an element.
    ///
    /// - Throws: `SAMLError`: as for a document, and `SCHEMA`.
    public static func encrypt(
        _ element: XMLElement, as content: Content, for key: SAMLVerificationKey, options: Options = Options()
    ) throws -> XMLElement {
        try encrypt(try XMLWriter.bytes(of: element), as: content, for: key, options: options)
    }

    /// The element in an encrypted one, read under profile P. Nothing is proved by it: whoever has our public key can make
    /// one. It is to be believed as far as the document it was in is signed.
    ///
    /// - Throws: `SAMLError`: `DECRYPT` whichever key, byte or padding was wrong; `ENC_ALG`; as `XMLReader.parse`.
    public static func decrypt(
        _ container: XMLElement, keys: [SAMLDecryptionKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws -> XMLElement {
        try decrypt(container, Decryption(keys: keys, policy: policy))
    }

    /// As above, one of several elements of a message.
    static func decrypt(_ container: XMLElement, _ decryption: Decryption) throws -> XMLElement {
        try XMLReader.parse(try open(container, decryption))
    }

    static func open(_ container: XMLElement, _ decryption: Decryption) throws -> [UInt8] {
        try EncryptedContent(container, decryption.policy).opened(by: decryption)
    }

    private static func xenc(_ local: String, _ attributes: [XMLAttribute] = [], _ inside: [XMLElement] = [])
        -> XMLElement
    {
        XMLElement(XMLNamespace.encryption, local, attributes, inside)
    }

    private static func cipherData(_ bytes: [UInt8]) -> XMLElement {
        xenc("CipherData", [], [XMLElement(XMLNamespace.encryption, "CipherValue", text: SAMLBase64.encode(bytes))])
    }

    private static func method(_ transport: SAMLKeyTransport) -> XMLElement {
        var inside: [XMLElement] = []
        if let (digest, mask) = transport.digests {
            inside.append(
                XMLElement(XMLNamespace.signature, "DigestMethod", [XMLAttribute("Algorithm", digest.rawValue)]))
            if case .oaep = transport {
                inside.append(XMLElement(XMLNamespace.encryption11, "MGF", [XMLAttribute("Algorithm", mask.maskName)]))
            }
        }
        return xenc("EncryptionMethod", [XMLAttribute("Algorithm", transport.name)], inside)
    }
}
