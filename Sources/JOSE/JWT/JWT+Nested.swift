extension JWT {
    /// Signs claims, and encrypts the signed token (RFC 7519 §5.2).
    ///
    /// - Throws: `JOSEError`.
    public static func signAndEncrypt(
        _ claims: JSONObject, with key: SigningKey, type: String? = "JWT", for recipient: EncryptionKey,
        encryption: ContentEncryption = .a256GCM
    ) throws -> String {
        let signed = try sign(claims, with: key, type: type)
        return try JWE.encrypt(Array(signed.utf8), for: recipient, encryption: encryption, contentType: "JWT")
    }

    /// Opens an encrypted token and verifies the signed token inside. There has to be one: whoever has our public key
    /// can encrypt, so claims that are only encrypted are anybody's (RFC 8725 §3.9).
    ///
    /// - Throws: `JOSEError`: `not_nested` where the content is not said or not found to be a signed token, else what is
    ///   wrong with either of the two.
    public static func decryptAndVerify(
        _ token: String, decryptingWith own: [DecryptionKey], verifyingWith keys: JSONWebKeySet, policy: JWTPolicy,
        now: NumericDate
    ) throws -> VerifiedJWT {
        let opened = try UnopenedJWE(compact: token).opened(with: own)
        // RFC 7519 §5.2: of a nested token `cty` says so.
        guard opened.header.contentType.map({ JOSEHeader.isSameMediaType($0, "JWT") }) ?? false,
            let inner = String(validating: opened.plaintext, as: UTF8.self), inner.utf8.contains(JWS.dot)
        else { throw JOSEError(.notNested) }
        return try verify(inner, with: keys, policy: policy, now: now)
    }
}
