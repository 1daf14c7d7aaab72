import JOSE

/// A logout token (OpenID Connect Back-Channel Logout §2.4), made by a provider and verified by a client.
public struct LogoutToken: Sendable, Hashable {
    /// The one event of the token.
    public static let event = "http://schemas.openid.net/event/backchannel-logout"
    /// `typ`.
    public static let type = "logout+jwt"
    /// How long one is good, in seconds: the two minutes that §2.4 recommends.
    public static let lifetime: Int64 = 120
    /// No older token is taken, in seconds since its `iat`: what bounds one of a provider that writes no `exp`.
    public static let maximumAge: Int64 = 600
    /// No longer token is read, in bytes.
    public static let byteLimit = 16_384

    public let subject: String?
    public let sessionID: String?
    /// `jti`, good once until `expiresAt`.
    public let id: String
    /// Seconds since 1970: after it the times of the token alone refuse it.
    public let expiresAt: Int64

    /// The claims of a token for one client; nil when neither a subject nor a session is named.
    ///
    /// - Parameter id: fresh random text.
    public static func claims(
        issuer: String, clientID: String, subject: String?, sessionID: String?, id: String, now: Int64
    ) -> JSONObject? {
        guard subject != nil || sessionID != nil else { return nil }
        var claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(clientID), "iat": .integer(now), "exp": .integer(now + lifetime),
            "jti": .string(id), "events": [event: [:]],
        ]
        claims.set("sub", subject)
        claims.set("sid", sessionID)
        return claims
    }

    /// Verifies a token that a provider sent (§2.6). Drafts before the final text knew no `exp`, and some providers write
    /// none: such a token is good for `maximumAge` after its `iat`, and so is at most every other.
    ///
    /// - Parameter algorithms: what the provider signs with.
    /// - Throws: `invalid_request`, the answer to it.
    public static func verify(
        _ token: String, issuer: String, clientID: String, keys: JSONWebKeySet, algorithms: Set<SignatureAlgorithm>,
        now: Int64
    ) throws(OAuthError) -> LogoutToken {
        do {
            guard token.utf8.count <= byteLimit else { throw JOSEError(.tooLarge, "logout_token") }
            // §2.4 recommends the type and lets older providers leave it out or write `JWT`; the event tells them apart.
            var policy = JWTPolicy(
                issuer: .exactly(issuer), audience: .contains(clientID), type: .oneOf([type, "JWT"]),
                requiredClaims: ["iat", "jti", "events"], clockSkew: 30)
            if (try UnverifiedJWS(compact: token)).header.type == nil { policy.type = .absentOr("JWT") }
            policy.algorithms = algorithms
            policy.maximumAge = maximumAge
            return try LogoutToken(
                try JWT.verify(token, with: keys, policy: policy, now: NumericDate(seconds: now)).claims)
        } catch {
            throw OAuthError(.invalidRequest, "logout_token: \(error)")
        }
    }

    private init(_ claims: JWTClaims) throws {
        // §2.6 point 5: the event's value is an object; one that is not empty is not of this specification.
        guard let events = claims["events"]?.object, let event = events[Self.event]?.object, events.count == 1,
            event.count == 0
        else { throw JOSEError(.malformedClaims, "events") }
        // Point 6: what has a nonce was made for something else.
        guard claims["nonce"] == nil else { throw JOSEError(.malformedClaims, "nonce") }
        sessionID = try claims.text("sid")
        subject = claims.subject
        guard subject != nil || sessionID != nil else { throw JOSEError(.missingClaim, "sub") }
        guard let id = claims.tokenID, !id.isEmpty, id.utf8.count <= 256 else {
            throw JOSEError(.malformedClaims, "jti")
        }
        guard let issuedAt = claims.issuedAt else { throw JOSEError(.missingClaim, "iat") }
        self.id = id
        let oldest = issuedAt.adding(Self.maximumAge)
        expiresAt = (claims.expiresAt.map { min($0, oldest) } ?? oldest).adding(60).seconds
    }
}
