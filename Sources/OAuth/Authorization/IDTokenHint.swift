import JOSE

/// An ID token of our own that somebody hands back (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2): it says who is
/// meant, and proves nothing about who is there.
public struct IDTokenHint: Sendable, Hashable {
    /// The subject it names.
    public let subject: String
    /// The client it was issued to.
    public let clientID: String
    /// `sid`.
    public let sessionID: String?

    /// Reads a hint. An expired one is as good: it was ours.
    ///
    /// - Parameters:
    ///   - keys: every key that signed our ID tokens, retired ones too.
    ///   - clientID: the client it has to be of; nil when that is to be learnt from it.
    /// - Throws: `invalid_request`.
    public static func read(_ token: String, issuer: String, keys: JSONWebKeySet, clientID: String?)
        throws(OAuthError) -> IDTokenHint
    {
        do {
            guard token.utf8.count <= AuthorizationRequest.Limit.idTokenHintBytes else { throw JOSEError(.tooLarge) }
            // Its own time is what it is held to: whether it is still valid does not matter here.
            let claimed = try JWT.unverifiedClaims(of: token)
            guard let issuedAt = claimed.issuedAt else {
                throw JOSEError(.missingClaim, "iat")
            }
            let policy = JWTPolicy(
                issuer: .exactly(issuer), audience: clientID.map { .contains($0) } ?? .unchecked,
                // Not `at+jwt`, not `logout+jwt`: of all that we sign only an ID token is one.
                type: .absentOr("JWT"), requiredClaims: ["exp", "iat", "sub", "aud"])
            let verified = try JWT.verify(token, with: keys, policy: policy, now: issuedAt)
            guard let subject = verified.claims.subject, verified.claims.audience.count == 1,
                let audience = verified.claims.audience.first
            else { throw JOSEError(.malformedClaims, "aud") }
            return IDTokenHint(subject: subject, clientID: audience, sessionID: try verified.claims.text("sid"))
        } catch {
            throw OAuthError(.invalidRequest, "id_token_hint: \(error)")
        }
    }
}
