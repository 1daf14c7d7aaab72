import JOSE

/// A signed authorization request (RFC 9101), by value.
public enum RequestObject {
    /// No longer object is read, in bytes.
    public static let byteLimit = 32_768
    /// The longest time from `nbf` (or `iat`) to `exp`, in seconds (FAPI 2.0 Message Signing §5.3.1).
    public static let maximumLifetime: Int64 = 3_600
    public static let clockSkew: Int64 = 10

    /// Whether the parameters carry one; then nothing else of them counts but the client they name.
    public static func isCarried(by parameters: Parameters) -> Bool { parameters.holds("request") }

    /// What was signed.
    public struct Verified: Sendable, Hashable {
        public let parameters: Parameters
        /// `jti`: when there is one, the object is good once, until `expiresAt` (§10.8).
        public let id: String?
        /// Seconds since 1970.
        public let expiresAt: Int64
    }

    /// Reads the request object, its signature held to the client's keys.
    ///
    /// - Parameter outer: the parameters it came with.
    /// - Throws: `invalid_request_object`, for a page: before it is verified, nobody has said where to redirect.
    public static func verify(_ outer: Parameters, client: RegisteredClient, issuer: String, now: Int64)
        throws(OAuthError) -> Verified
    {
        guard let token = outer["request"], token.utf8.count <= byteLimit else {
            throw refusal("is empty or too long")
        }
        guard !outer.holds("request_uri") else {
            throw OAuthError(.invalidRequest, "request and request_uri exclude each other")
        }
        let claims = try verified(token, client: client, issuer: issuer, now: now)
        // §6.3: the client inside is the client outside.
        guard let id = claims.json["client_id"]?.text, Texts.same(id, client.metadata.clientID),
            outer["client_id"].map({ Texts.same($0, id) }) ?? true
        else { throw refusal("client_id is missing or another one") }
        guard (claims.tokenID?.utf8.count ?? 0) <= ClientAssertion.idByteLimit, let end = claims.expiresAt else {
            throw refusal("jti is too long")
        }
        return Verified(
            parameters: try flattened(claims.json), id: claims.tokenID, expiresAt: end.adding(clockSkew).seconds)
    }

    private static func refusal(_ reason: String) -> OAuthError {
        OAuthError(.invalidRequestObject, "request object: " + reason)
    }

    private static func verified(_ token: String, client: RegisteredClient, issuer: String, now: Int64)
        throws(OAuthError) -> JWTClaims
    {
        var policy = JWTPolicy(
            issuer: .exactly(client.metadata.clientID), audience: .contains(issuer),
            type: .oneOf(["oauth-authz-req+jwt", "JWT"]), requiredClaims: ["exp", "iss", "aud"], clockSkew: clockSkew)
        policy.algorithms = client.metadata.requestObjectAlgorithms
        do {
            let unverified = try UnverifiedJWS(compact: token)
            // OpenID Connect Core §6.1 knew no `typ`.
            if unverified.header.type == nil { policy.type = .absentOr("JWT") }
            guard let keys = client.keys(for: unverified.algorithm) else { throw refusal("the client has no keys") }
            let token = try JWT.verify(token, with: keys, policy: policy, now: NumericDate(seconds: now))
            // §10.8: what could be taken for a client assertion is none of these.
            guard token.claims.subject == nil else { throw refusal("sub may not stand in it") }
            // FAPI 2.0 Message Signing §5.3.1: from when it holds is said, and not long ago.
            if client.metadata.profile == .fapi2Security {
                guard let start = token.claims.notBefore,
                    NumericDate(seconds: now).seconds(since: start) <= maximumLifetime
                else { throw refusal("nbf is missing, or too long ago") }
            }
            let start = token.claims.notBefore ?? token.claims.issuedAt ?? NumericDate(seconds: now)
            guard let end = token.claims.expiresAt, end.seconds(since: start) <= maximumLifetime else {
                throw refusal("exp is too far away")
            }
            return token.claims
        } catch let error as OAuthError {
            throw error
        } catch {
            throw refusal("\(error)")
        }
    }

    /// The members as parameters: texts as they are, `max_age` as the number it is, `claims` as its JSON, `resource` as often as it stands.
    private static func flattened(_ claims: JSONObject) throws(OAuthError) -> Parameters {
        let own: Set<String> = ["iss", "aud", "exp", "nbf", "iat", "jti"]
        var parameters = Parameters()
        for name in claims.names where !own.contains(name) {
            guard name != "request", name != "request_uri" else { throw refusal("holds another request") }
            switch claims[name] {
            case .string(let text)?: parameters.set(name, text)
            case .integer(let number)? where name == "max_age": parameters.set(name, String(number))
            case .object(let object)? where name == "claims": parameters.set(name, object.text)
            case .array(let values)? where Parameters.repeatable.contains(name):
                for value in values {
                    guard let text = value.text else { throw refusal("\(name) is not a list of texts") }
                    parameters.add(name, text)
                }
            case .null?, nil: break
            // What is not understood is ignored, in here as outside.
            default:
                guard !known.contains(name) else { throw refusal("\(name) is of a type it cannot be") }
            }
        }
        return parameters
    }

    private static let known: Set<String> = [
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "response_mode", "prompt", "max_age", "acr_values", "claims", "login_hint",
        "id_token_hint", "dpop_jkt", "resource",
    ]
}
