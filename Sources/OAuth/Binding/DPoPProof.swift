import JOSE

/// A DPoP proof that was verified (RFC 9449): whoever sent the request holds the key. Only `verify` makes one.
public struct DPoPProof: Sendable, Hashable {
    /// The key (RFC 7638), as tokens are bound to it.
    public let thumbprint: String
    /// What makes the proof good for one request: to be spent until `expiresAt`.
    public let replayKey: String
    /// Seconds since 1970: after it the time of the proof alone refuses it.
    public let expiresAt: Int64

    /// No longer header is read, in bytes.
    public static let byteLimit = 8_192
    /// How old a proof may be, in seconds (§11.1).
    public static let maximumAge: Int64 = 60
    /// How far ahead the client's clock may be, in seconds.
    public static let clockSkew: Int64 = 10
    /// No longer `jti` is kept, in bytes.
    public static let idByteLimit = 256
    /// §4.2: asymmetric ones only, and those of FAPI 2.0 §5.4.1.
    public static let algorithms: [SignatureAlgorithm] = [.es256, .es384, .edDSA, .ps256]

    /// The request that a proof is for.
    public struct Request: Sendable {
        public var method: String
        /// The address without query and fragment, as clients know it.
        public var target: String
        /// Further addresses of the same endpoint, such as that of RFC 8705 §5.
        public var aliases: [String] = []
        /// The token that is shown with it; nil at a token endpoint.
        public var accessToken: String?
        /// The key the proof has to be of, when the token, code or grant is bound to one.
        public var thumbprint: String?
        /// Nonces that are good; nil when none is asked for (§8).
        public var nonces: [String]?

        public init(
            method: String, target: String, accessToken: String? = nil, thumbprint: String? = nil,
            nonces: [String]? = nil
        ) {
            self.method = method
            self.target = target
            self.accessToken = accessToken
            self.thumbprint = thumbprint
            self.nonces = nonces
        }
    }

    /// Reads the proof of a request.
    ///
    /// - Parameter headers: every `DPoP` header of the request.
    /// - Returns: nil when there is none.
    /// - Throws: `invalid_dpop_proof` with the check of §4.3 that failed; `use_dpop_nonce` when only the nonce is missing
    ///   or old, with which the server sends a fresh one.
    public static func verify(_ headers: [String], for request: Request, now: Int64) throws(OAuthError) -> DPoPProof? {
        guard let header = headers.first else { return nil }
        guard headers.count == 1 else { throw refusal("more than one DPoP header") }
        guard header.utf8.count <= byteLimit else { throw refusal("too long") }
        let (claims, thumbprint) = try signed(header, now: now)
        try checkRequest(claims, request)
        if let accessToken = request.accessToken {
            guard SHA256Text.same(claims["ath"]?.text, SHA256Text.of(accessToken)) else {
                throw refusal("ath is not of the access token")
            }
        }
        if let bound = request.thumbprint, !SHA256Text.same(bound, thumbprint) { throw refusal("it is of another key") }
        let id = try tokenID(claims)
        try checkNonce(claims, request)
        guard let replayKey = SHA256Text.of(thumbprint + "." + id), let issuedAt = claims.issuedAt else {
            throw refusal("iat is missing")
        }
        return DPoPProof(
            thumbprint: thumbprint, replayKey: replayKey, expiresAt: issuedAt.adding(maximumAge + clockSkew).seconds)
    }

    private static func refusal(_ reason: String) -> OAuthError {
        OAuthError(.invalidDPoPProof, "DPoP proof: " + reason)
    }

    /// §4.3, points 2 to 7, 11: a JWT of the right type, signed by the public key it carries with an algorithm that is
    /// allowed, of now.
    private static func signed(_ header: String, now: Int64) throws(OAuthError) -> (JWTClaims, String) {
        do {
            let unverified = try UnverifiedJWS(compact: header)
            guard algorithms.contains(unverified.algorithm) else { throw refusal("alg is not allowed") }
            guard let json = unverified.header.parameters["jwk"]?.object else { throw refusal("jwk is missing") }
            let key = try JSONWebKey(json)
            var policy = JWTPolicy(
                issuer: .unchecked, audience: .unchecked, type: .exactly("dpop+jwt"),
                requiredClaims: ["jti", "htm", "htu", "iat"], clockSkew: clockSkew)
            policy.maximumAge = maximumAge
            let verified = try JWT.verify(
                header, with: VerificationKey(key, algorithm: unverified.algorithm), policy: policy,
                now: NumericDate(seconds: now))
            return (verified.claims, try key.thumbprintText())
        } catch let error as OAuthError {
            throw error
        } catch {
            throw refusal("\(error)")
        }
    }

    /// Points 8 and 9. The scheme's own port and the case of scheme and host do not matter; everything else does.
    private static func checkRequest(_ claims: JWTClaims, _ request: Request) throws(OAuthError) {
        guard let method = claims["htm"]?.text, Texts.same(method, request.method) else {
            throw refusal("htm is not the method of the request")
        }
        let ours = ([request.target] + request.aliases).compactMap { WebAddress($0)?.normalizedTarget }
        guard let theirs = claims["htu"]?.text.flatMap({ WebAddress($0)?.normalizedTarget }), Texts.holds(ours, theirs)
        else { throw refusal("htu is not the address of the request") }
    }

    private static func tokenID(_ claims: JWTClaims) throws(OAuthError) -> String {
        guard let id = claims.tokenID, !id.isEmpty, id.utf8.count <= idByteLimit else {
            throw refusal("jti is empty or too long")
        }
        return id
    }

    /// Point 10.
    private static func checkNonce(_ claims: JWTClaims, _ request: Request) throws(OAuthError) {
        guard let nonces = request.nonces else { return }
        guard let nonce = claims.nonce, nonces.contains(where: { SHA256Text.same($0, nonce) }) else {
            throw OAuthError(.useDPoPNonce, "DPoP proof: a nonce of this server is needed")
        }
    }
}
