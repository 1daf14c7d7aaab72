/// JSON Web Tokens: signing them, and believing them (RFC 7519, RFC 8725).
public enum JWT {
    /// Signs claims as a compact token.
    ///
    /// - Parameter type: `typ`; say what the token is (`at+jwt`, `dpop+jwt`), so that it is taken for nothing else.
    /// - Throws: `JOSEError`.
    public static func sign(
        _ claims: JSONObject, with key: SigningKey, type: String? = "JWT", parameters: JSONObject = [:]
    ) throws -> String {
        try JWS.sign(claims.serialized, with: key, type: type, parameters: parameters)
    }

    /// Verifies a token with the key it names, and holds its claims to a policy.
    ///
    /// - Throws: `JOSEError` with the first thing that is wrong.
    public static func verify(
        _ token: String, with keys: JSONWebKeySet, policy: JWTPolicy, now: NumericDate
    ) throws -> VerifiedJWT {
        let unverified = try UnverifiedJWS(compact: token)
        let key = try keys.verificationKey(for: unverified.header)
        return try verify(unverified, with: key, policy: policy, now: now)
    }

    /// Verifies a token with a key the caller chose, and holds its claims to a policy.
    ///
    /// - Throws: `JOSEError` with the first thing that is wrong.
    public static func verify(
        _ token: String, with key: VerificationKey, policy: JWTPolicy, now: NumericDate
    ) throws -> VerifiedJWT {
        try verify(try UnverifiedJWS(compact: token), with: key, policy: policy, now: now)
    }

    /// Verifies a token that was read before, to find its key, and holds its claims to a policy.
    ///
    /// - Throws: `JOSEError` with the first thing that is wrong.
    public static func verify(
        _ unverified: UnverifiedJWS, with key: VerificationKey, policy: JWTPolicy, now: NumericDate
    ) throws -> VerifiedJWT {
        if let accepted = policy.algorithms, !accepted.contains(key.algorithm) {
            throw JOSEError(.algorithmMismatch, "alg")
        }
        let verified = try unverified.verified(by: key)
        let claims = try JWTClaims(try JSONObject(parsing: verified.payload))
        try policy.check(verified.header, claims, now: now)
        return VerifiedJWT(header: verified.header, claims: claims, key: key)
    }

    /// What a token claims, unverified: to choose whose keys to look for (`iss`), and for nothing else.
    ///
    /// - Throws: `JOSEError`.
    public static func unverifiedClaims(of token: String) throws -> JWTClaims {
        try JWTClaims(try JSONObject(parsing: try UnverifiedJWS(compact: token).claimedPayload))
    }
}

/// A token whose signature held and whose claims fit the policy. Only `JWT` makes one.
public struct VerifiedJWT: Sendable {
    /// Its header.
    public let header: JOSEHeader
    /// Its claims.
    public let claims: JWTClaims
    /// The key that signed it.
    public let key: VerificationKey

    init(header: JOSEHeader, claims: JWTClaims, key: VerificationKey) {
        self.header = header
        self.claims = claims
        self.key = key
    }
}
