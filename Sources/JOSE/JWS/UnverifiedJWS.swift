/// A signed token, read and not yet believed (RFC 7515). `verified(by:)` is the only way to its content as a fact.
///
/// Reading needs no key and does no cryptography, so what is refused here cost no more than its bytes.
public struct UnverifiedJWS: Sendable {
    /// What the sender says of it.
    public let header: JOSEHeader
    /// What it would say if its signature held: to choose whose keys to look for, and for nothing else.
    public let claimedPayload: [UInt8]
    /// The algorithm that its header names.
    public let algorithm: SignatureAlgorithm

    private let signingInput: [UInt8]
    private let signature: [UInt8]

    /// Reads a compact serialization.
    ///
    /// - Parameter payload: the payload where the token carries none (RFC 7515 appendix F); a token that does carry one
    ///   is then refused.
    /// - Throws: `JOSEError`.
    public init(compact token: String, detached payload: [UInt8]? = nil) throws {
        let parts = try CompactForm.parts(of: token, count: 3)
        try self.init(
            protectedText: parts[0], payloadText: parts[1], signatureText: parts[2], unprotected: [:],
            detached: payload)
    }

    init(
        protectedText: ArraySlice<UInt8>, payloadText: ArraySlice<UInt8>, signatureText: ArraySlice<UInt8>,
        unprotected: JSONObject, detached: [UInt8]?, payloadIsText: Bool = false
    ) throws {
        let protected = protectedText.isEmpty ? [:] : try JOSEHeader.protectedParameters(protectedText)
        let header = try JOSEHeader(protected: protected, unprotected: unprotected, understood: ["b64"])
        guard let algorithm = SignatureAlgorithm(rawValue: header.algorithmName) else {
            throw JOSEError(.unsupportedAlgorithm, "alg")
        }
        let isEncoded = try Self.isPayloadEncoded(header)
        guard detached == nil || payloadText.isEmpty else { throw JOSEError(.malformedToken, "payload") }
        let content = try Self.payload(payloadText, detached, isEncoded, mayBeText: payloadIsText)
        self.header = header
        self.algorithm = algorithm
        claimedPayload = content
        signature = try Base64URL.require(signatureText, "signature")
        let signed = isEncoded ? (detached.map { Base64URL.encoded($0)[...] } ?? payloadText) : content[...]
        signingInput = protectedText + [UInt8(ascii: ".")] + signed
    }

    /// RFC 7797 §3 and §6: `b64` is protected, and named in `crit`, so that nobody who does not know it misreads.
    private static func isPayloadEncoded(_ header: JOSEHeader) throws -> Bool {
        guard let value = header.parameters["b64"] else { return true }
        guard let isEncoded = value.bool, header.protectedNames.contains("b64"),
            header.parameters["crit"]?.texts?.contains("b64") == true
        else { throw JOSEError(.malformedHeader, "b64") }
        return isEncoded
    }

    private static func payload(
        _ text: ArraySlice<UInt8>, _ detached: [UInt8]?, _ isEncoded: Bool, mayBeText: Bool
    ) throws -> [UInt8] {
        if let detached { return detached }
        if isEncoded { return try Base64URL.require(text, "payload") }
        // RFC 7797 §5.2: in a compact token only characters that need no escaping in a URL; ours are the printable ones.
        guard mayBeText || text.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw JOSEError(.malformedToken, "payload")
        }
        return Array(text)
    }

    /// Checks the signature with a key the caller chose. A token that names another key, or another algorithm than this
    /// key's, is refused before.
    ///
    /// - Throws: `JOSEError`: `unknown_key`, `algorithm_mismatch`, `invalid_signature`.
    public func verified(by key: VerificationKey) throws -> VerifiedJWS {
        if let wanted = header.keyID, let own = key.keyID, !isIdentical(wanted, own) {
            throw JOSEError(.unknownKey, "kid")
        }
        // RFC 8725 §3.1: the key decides which algorithm; the header may only agree.
        guard algorithm == key.algorithm else { throw JOSEError(.algorithmMismatch, "alg") }
        try key.require(signature, over: signingInput)
        return VerifiedJWS(header: header, payload: claimedPayload, key: key)
    }

    /// Checks the signature with the key that the header names.
    ///
    /// - Throws: `JOSEError`: `unknown_key`, `ambiguous_key`, `algorithm_mismatch`, `invalid_signature`.
    public func verified(by keys: JSONWebKeySet) throws -> VerifiedJWS {
        try verified(by: try keys.verificationKey(for: header))
    }
}

/// A signed token whose signature held. Only `UnverifiedJWS.verified(by:)` makes one.
public struct VerifiedJWS: Sendable {
    /// Its header; what is not among `protectedNames` was not signed.
    public let header: JOSEHeader
    /// What was signed.
    public let payload: [UInt8]
    /// The key that signed it.
    public let key: VerificationKey

    init(header: JOSEHeader, payload: [UInt8], key: VerificationKey) {
        self.header = header
        self.payload = payload
        self.key = key
    }
}
