/// The left half of a token's hash that an ID token carries (OpenID Connect Core §3.1.3.6): `at_hash`, `c_hash`, `s_hash`.
public enum HashClaim {
    /// The value for this token beside an ID token signed by this algorithm.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public static func value(of token: String, algorithm: SignatureAlgorithm) throws -> String {
        let hash = try algorithm.hash.hash(Array(token.utf8))
        return Base64URL.encode(Array(hash[..<(hash.count / 2)]))
    }

    /// Holds the hash of a verified ID token to the token it came with.
    ///
    /// - Parameter claim: `at_hash` or `c_hash`; required when `isRequired`, else checked where present.
    /// - Throws: `JOSEError`: `missing_claim`, `wrong_hash`.
    public static func check(
        _ claim: String, of idToken: VerifiedJWT, against token: String, isRequired: Bool = false
    ) throws {
        guard let expected = try idToken.claims.text(claim) else {
            if isRequired { throw JOSEError(.missingClaim, claim) }
            return
        }
        let actual = try value(of: token, algorithm: idToken.key.algorithm)
        guard OpenSSL.areEqual(Array(expected.utf8), Array(actual.utf8)) else { throw JOSEError(.wrongHash, claim) }
    }
}
