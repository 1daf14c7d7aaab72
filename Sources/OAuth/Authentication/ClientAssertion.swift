import JOSE

/// A client assertion (RFC 7523 §3, as rfc7523bis narrows it): a JWT by which a client proves it holds its key.
public struct ClientAssertion: Sendable, Hashable {
    /// `jti`: good once, until `expiresAt`.
    public let id: String
    /// Seconds since 1970.
    public let expiresAt: Int64

    /// The longest time from `iat` (or `nbf`) to `exp`, in seconds.
    public static let maximumLifetime: Int64 = 300
    /// How far the client's clock may be off, in seconds: 8 pass and 60 do not (FAPI 2.0 §5.3.2.1).
    public static let clockSkew: Int64 = 10
    /// No longer `jti` is kept, in bytes.
    public static let idByteLimit = 256

    /// The client that an assertion claims to be of: whose keys to look for, and nothing else.
    static func claimedClient(_ token: String) -> String? {
        guard let subject = (try? JWT.unverifiedClaims(of: token))?.subject, ClientMetadata.isIdentifier(subject)
        else { return nil }
        return subject
    }

    /// Holds an assertion to the client's keys.
    ///
    /// The audience is the issuer, as one text: an assertion for a token endpoint's address, or for a list that holds
    /// ours among others, was perhaps made for another server (rfc7523bis §4, audience injection).
    ///
    /// - Parameters:
    ///   - audience: the issuer identifier.
    ///   - endpoint: the address the assertion was sent to, for clients that were allowed to name it.
    /// - Throws: `invalid_client` with the check that failed.
    public static func verify(
        _ token: String, client: ClientMetadata, keys: JSONWebKeySet, audience: String, endpoint: String? = nil,
        now: Int64
    ) throws(OAuthError) -> ClientAssertion {
        var policy = JWTPolicy(
            issuer: .exactly(client.clientID), audience: .only(audience),
            type: .oneOf(["JWT", "client-authentication+jwt"]), requiredClaims: ["exp", "jti", "iss", "sub"],
            clockSkew: clockSkew)
        // `typ` is recommended, not required (rfc7523bis §4): what is no assertion fails on its claims.
        if (try? UnverifiedJWS(compact: token))?.header.type == nil { policy.type = .absentOr("JWT") }
        if client.takesLegacyAudience, let endpoint { policy.audience = .containsOneOf([audience, endpoint]) }
        policy.subject = client.clientID
        policy.algorithms = client.assertionAlgorithms
        do {
            let verified = try JWT.verify(token, with: keys, policy: policy, now: NumericDate(seconds: now))
            return try accepted(verified.claims, now: now)
        } catch let error as OAuthError {
            throw error
        } catch {
            throw OAuthError(.invalidClient, "client_assertion: \(error)")
        }
    }

    private static func accepted(_ claims: JWTClaims, now: Int64) throws(OAuthError) -> ClientAssertion {
        guard let id = claims.tokenID, !id.isEmpty, id.utf8.count <= idByteLimit, let expiresAt = claims.expiresAt
        else {
            throw OAuthError(.invalidClient, "client_assertion: jti is empty or too long")
        }
        // Without `iat` or `nbf` it is counted from now: one that is good for a day is refused all the same.
        let start = claims.issuedAt ?? claims.notBefore ?? NumericDate(seconds: now)
        guard expiresAt.seconds(since: start) <= maximumLifetime else {
            throw OAuthError(.invalidClient, "client_assertion: exp is too far away")
        }
        return ClientAssertion(id: id, expiresAt: expiresAt.adding(clockSkew).seconds)
    }

    /// Makes the claims of an assertion of our own, for a provider we are a client of.
    ///
    /// - Parameters:
    ///   - audience: the provider's issuer.
    ///   - id: fresh random text.
    public static func claims(clientID: String, audience: String, id: String, now: Int64) -> JSONObject {
        [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience), "jti": .string(id),
            "iat": .integer(now), "nbf": .integer(now), "exp": .integer(now + 60),
        ]
    }
}
