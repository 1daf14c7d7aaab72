import JOSE

/// The answer of a token endpoint (RFC 6749 §5.1); it is sent with `Cache-Control: no-store`.
public struct TokenAnswer: Sendable {
    public var accessToken: String
    /// In seconds.
    public var expiresIn: Int64
    public var refreshToken: String?
    public var idToken: String?
    /// RFC 8693 §2.2.1: set for an exchange.
    public var issuedTokenType: TokenExchangeRequest.TokenType?

    public init(
        accessToken: String, expiresIn: Int64, refreshToken: String? = nil, idToken: String? = nil,
        issuedTokenType: TokenExchangeRequest.TokenType? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
        self.idToken = idToken
        self.issuedTokenType = issuedTokenType
    }

    /// The body. The scopes are always told, so that a client sees what was narrowed.
    public func json(for grant: TokenGrant) -> JSONObject {
        var json: JSONObject = [
            "access_token": .string(accessToken), "token_type": .string(grant.binding.tokenType),
            "expires_in": .integer(expiresIn), "scope": .string(grant.scope.description),
        ]
        json.set("refresh_token", refreshToken)
        json.set("id_token", idToken)
        json.set("issued_token_type", issuedTokenType?.rawValue)
        return json
    }
}

extension OAuthError {
    /// The body of an answer that carries the error (RFC 6749 §5.2).
    public var json: JSONObject {
        var json: JSONObject = ["error": .string(code.rawValue)]
        json.set("error_description", description)
        return json
    }
}
