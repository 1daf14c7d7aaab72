import JOSE

/// Token introspection (RFC 7662), and its signed answer (RFC 9701).
public enum Introspection {
    /// What the server knows of a token that is live.
    public struct Live: Sendable {
        public var grant: TokenGrant
        /// Seconds since 1970.
        public var issuedAt: Int64
        public var expiresAt: Int64
        public var id: String?
        public var isRefreshToken: Bool
        public var extra: JSONObject

        public init(
            grant: TokenGrant, issuedAt: Int64, expiresAt: Int64, id: String? = nil, isRefreshToken: Bool = false,
            extra: JSONObject = [:]
        ) {
            self.grant = grant
            self.issuedAt = issuedAt
            self.expiresAt = expiresAt
            self.id = id
            self.isRefreshToken = isRefreshToken
            self.extra = extra
        }
    }

    /// `{"active": false}`: to whoever may not know, a token of others is as good as none, and nothing says why (§2.2,
    /// §4).
    public static let inactive: JSONObject = ["active": false]

    /// Reads the token of an introspection or revocation request.
    ///
    /// - Throws: `invalid_request`.
    public static func token(_ parameters: Parameters) throws(OAuthError) -> String {
        guard let token = parameters["token"], token.utf8.count <= AuthorizationHeader.tokenByteLimit else {
            throw OAuthError(.invalidRequest, "token is missing or too long")
        }
        return token
    }

    /// The answer to an authenticated caller.
    ///
    /// - Parameters:
    ///   - live: nil for a token that is unknown, revoked or malformed.
    ///   - names: what the caller is called as an audience: its client id, the resources it answers for.
    public static func answer(_ live: Live?, issuer: TokenIssuer, to names: [String], now: Int64) -> JSONObject {
        guard let live, now < live.expiresAt, mayKnow(live, issuer, names) else { return inactive }
        let grant = live.grant
        var json: JSONObject = [
            "active": true, "iss": .string(issuer.issuer), "client_id": .string(grant.clientID),
            "sub": .string(grant.subject ?? grant.clientID), "scope": .string(grant.scope.description),
            "aud": issuer.audience(of: grant), "iat": .integer(live.issuedAt), "exp": .integer(live.expiresAt),
        ]
        // A refresh token is no token to be shown to anybody but its issuer.
        if !live.isRefreshToken { json["token_type"] = .string(grant.binding.tokenType) }
        json.set("jti", live.id)
        if let authentication = grant.authentication { json.add(authentication) }
        json.set("sid", grant.authentication?.sessionID)
        json["cnf"] = grant.binding.confirmation
        json["act"] = grant.actor?.claim
        json.add(live.extra, without: TokenIssuer.reserved)
        return json
    }

    /// The client it was issued to, and its audience; of a refresh token the client alone.
    private static func mayKnow(_ live: Live, _ issuer: TokenIssuer, _ names: [String]) -> Bool {
        if Texts.holds(names, live.grant.clientID) { return true }
        guard !live.isRefreshToken else { return false }
        let audiences = live.grant.resources.isEmpty ? [issuer.issuer] : live.grant.resources
        return audiences.contains { Texts.holds(names, $0) }
    }

    /// The claims of the signed answer (RFC 9701 §5), for `typ` `token-introspection+jwt`.
    public static func signed(_ answer: JSONObject, issuer: TokenIssuer, to clientID: String, now: Int64) -> JSONObject
    {
        [
            "iss": .string(issuer.issuer), "aud": .string(clientID), "iat": .integer(now),
            "token_introspection": .object(answer),
        ]
    }

    /// The media type of the signed answer, which a caller asks for by `Accept`, and the type of its token.
    public static let signedMediaType = "application/token-introspection+jwt"
    public static let signedType = "token-introspection+jwt"
}

/// Token revocation (RFC 7009).
public enum Revocation {
    /// What a request does to a token that is known.
    public enum Outcome: Sendable, Hashable {
        /// A refresh token, or a code's grant: the whole family ends (§2.1).
        case grant(String)
        /// This one access token.
        case token
        /// Of another client: nothing happens, and the answer is the same as for one that does not exist (§2.2).
        case nothing
    }

    /// Decides a revocation by an authenticated client.
    ///
    /// - Parameter live: nil for a token that is unknown or no longer live.
    public static func decide(_ live: Introspection.Live?, by client: AuthenticatedClient) -> Outcome {
        guard let live, Texts.same(live.grant.clientID, client.metadata.clientID) else { return .nothing }
        return live.isRefreshToken ? .grant(live.grant.grantID) : .token
    }
}
