extension AnswerPlan {
    /// Writes the answer: the assertion signed where it is to be, then encrypted, and the response signed around it.
    ///
    /// Blocks: for threads of `SAMLExecutor`.
    ///
    /// - Parameter key: of the kind that the plan was made for.
    /// - Throws: `MessageFault` for what cannot be written, `SAMLError` for what cannot be signed or encrypted.
    public func document(signingWith key: SAMLSigningKey) throws -> [UInt8] {
        let options = try signatureOptions()
        guard let assertion else { return try signed(response.element(), [], key, options) }
        let element = try assertion.element()
        guard let encryption else {
            let parts: [SAMLSignatures.Part] = signsAssertion ? [.child(.saml("Assertion"))] : []
            return try signed(response.element(containing: element), parts, key, options)
        }
        let bytes =
            signsAssertion
            ? try SAMLSignatures.sign(element, with: key, options: options) : try XMLWriter.bytes(of: element)
        let sealed = try SAMLEncryption.encrypt(
            bytes, as: .assertion, for: encryption.key.verificationKey(), options: encryption.options(for: recipient))
        return try signed(response.element(containing: sealed), [], key, options)
    }

    /// The same in an envelope, for an enhanced client to carry to the service provider. Blocks likewise.
    ///
    /// - Parameter wasSigned: the request was authenticated by its signature.
    /// - Throws: as `document(signingWith:)`.
    public func envelope(signingWith key: SAMLSigningKey, wasSigned: Bool) throws -> [UInt8] {
        let response = try XMLReader.parse(document(signingWith: key))
        let envelope = ECPEnvelope.answer(
            response, consumer: location, wasSigned: wasSigned, generatedKey: assertion?.advice.generatedKey,
            channels: assertion?.advice.channels ?? [])
        return try XMLWriter.bytes(of: Markup.checked(envelope))
    }

    private var recipient: String? { assertion?.conditions.audiences.first }

    private func signed(
        _ element: XMLElement, _ parts: [SAMLSignatures.Part], _ key: SAMLSigningKey, _ options: SAMLSignatures.Options
    ) throws -> [UInt8] {
        let parts = parts + (signsResponse ? [.root] : [])
        guard !parts.isEmpty else { return try XMLWriter.bytes(of: element) }
        return try SAMLSignatures.sign(element, parts: parts, with: key, options: options)
    }

    private func signatureOptions() throws(MessageFault) -> SAMLSignatures.Options {
        guard let algorithm = SAMLSignatureAlgorithm(rawValue: signatureAlgorithm),
            let digest = SAMLDigestAlgorithm(rawValue: digest)
        else { throw MessageFault(.unsupported, "the signature's algorithm or digest is not known") }
        return SAMLSignatures.Options(algorithm: algorithm, digest: digest)
    }
}

extension AlgorithmPolicy.EncryptionChoice {
    func options(for recipient: String?) throws(MessageFault) -> SAMLEncryption.Options {
        guard let cipher = SAMLCipher(rawValue: content), let hash = SAMLDigestAlgorithm(rawValue: digest) else {
            throw MessageFault(.unsupported, "the cipher or its key's digest is not known")
        }
        // The mask's default is SHA-1 (XML Encryption 1.1 §5.5.2), which everybody has (IIP-ALG06).
        let transport: SAMLKeyTransport =
            keyTransport == Algorithm.oaep11 ? .oaep(digest: hash, mask: .sha1) : .oaepMGF1P(digest: hash)
        return SAMLEncryption.Options(cipher: cipher, transport: transport, recipient: recipient)
    }
}
