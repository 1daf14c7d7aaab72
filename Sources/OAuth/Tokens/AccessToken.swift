import JOSE

/// An access token as a JWT (RFC 9068) whose signature and claims held; what a resource server, or the issuer's own
/// userinfo, decides by.
public struct AccessToken: Sendable {
    public let claims: JWTClaims
    public let subject: String
    public let clientID: String
    public let scope: ScopeSet
    public let binding: SenderBinding
    public let actor: ActorChain?

    /// Verifies a token (RFC 9068 §4). An ID token, a logout token or an assertion is none: the type says which it is.
    ///
    /// - Parameter audience: who the resource server is to the issuer.
    /// - Throws: `invalid_token`.
    public static func verify(
        _ token: String, issuer: String, audience: String, keys: JSONWebKeySet, now: Int64
    ) throws(OAuthError) -> AccessToken {
        let policy = JWTPolicy(
            issuer: .exactly(issuer), audience: .contains(audience), type: .exactly("at+jwt"),
            requiredClaims: ["exp", "sub", "client_id", "iat", "jti"], clockSkew: 5)
        do {
            let verified = try JWT.verify(token, with: keys, policy: policy, now: NumericDate(seconds: now))
            return try AccessToken(verified.claims)
        } catch let error as OAuthError {
            throw error
        } catch {
            throw OAuthError(.invalidToken, "\(error)")
        }
    }

    private init(_ claims: JWTClaims) throws(OAuthError) {
        let malformed = OAuthError(.invalidToken, "malformed claims")
        guard let subject = claims.subject, let clientID = claims["client_id"]?.text,
            let scope = ScopeSet(claims["scope"]?.text ?? "")
        else { throw malformed }
        self.claims = claims
        self.subject = subject
        self.clientID = clientID
        self.scope = scope
        binding = try SenderBinding(confirmation: claims["cnf"])
        guard let act = claims["act"] else {
            actor = nil
            return
        }
        guard let chain = ActorChain(act) else { throw malformed }
        actor = chain
    }
}

extension SenderBinding {
    /// Reads a `cnf` claim. One that is not understood confirms by something nobody here checks: it is refused.
    ///
    /// - Throws: `invalid_token`.
    public init(confirmation: JSONValue?) throws(OAuthError) {
        guard let confirmation else {
            self = .none
            return
        }
        guard let object = confirmation.object, object.count > 0,
            object.names.allSatisfy({ $0 == "jkt" || $0 == "x5t#S256" }),
            object.names.allSatisfy({ object[$0]?.text.map(SHA256Text.isOne) ?? false })
        else { throw OAuthError(.invalidToken, "cnf is not understood") }
        self.init(keyThumbprint: object["jkt"]?.text, certificateThumbprint: object["x5t#S256"]?.text)
    }
}
