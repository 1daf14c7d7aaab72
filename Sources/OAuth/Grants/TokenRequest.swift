/// A request at the token endpoint, read and held to what its client may use.
public enum TokenRequest: Sendable, Hashable {
    case authorizationCode(CodeRedemption)
    case refreshToken(RefreshRequest)
    case clientCredentials(ClientCredentialsRequest)
    case deviceCode(code: String)
    case tokenExchange(TokenExchangeRequest)

    /// No longer code, refresh token or device code is read, in bytes.
    public static let handleByteLimit = 512

    /// Reads the body of a token request.
    ///
    /// - Throws: `invalid_request`, `unsupported_grant_type`, `unauthorized_client`, and what the grant's own parameters
    ///   are refused with.
    public static func read(_ parameters: Parameters, client: ClientMetadata) throws(OAuthError) -> TokenRequest {
        guard let name = parameters["grant_type"] else { throw OAuthError(.invalidRequest, "grant_type is missing") }
        guard let grant = GrantType(rawValue: name) else {
            throw OAuthError(.unsupportedGrantType, "grant_type is not supported")
        }
        guard client.grantTypes.contains(grant) else {
            throw OAuthError(.unauthorizedClient, "the client may not use this grant")
        }
        switch grant {
        case .authorizationCode: return .authorizationCode(try CodeRedemption.read(parameters))
        case .refreshToken: return .refreshToken(try RefreshRequest.read(parameters))
        case .clientCredentials: return .clientCredentials(try ClientCredentialsRequest.read(parameters, client))
        case .deviceCode: return .deviceCode(code: try handle(parameters, "device_code"))
        case .tokenExchange: return .tokenExchange(try TokenExchangeRequest.read(parameters, client))
        }
    }

    /// A code or token: visible characters, not too many.
    static func handle(_ parameters: Parameters, _ name: String) throws(OAuthError) -> String {
        guard let text = parameters[name] else { throw OAuthError(.invalidRequest, "\(name) is missing") }
        guard Texts.isName(text, upTo: handleByteLimit) else { throw .grant("\(name) is malformed") }
        return text
    }

    /// The scopes asked for; nil when none are named.
    static func scope(_ parameters: Parameters) throws(OAuthError) -> ScopeSet? {
        guard let text = parameters["scope"] else { return nil }
        guard let scope = ScopeSet(text) else { throw OAuthError(.invalidScope, "scope is malformed") }
        return scope
    }
}

/// RFC 6749 §4.4: the client acts for itself.
public struct ClientCredentialsRequest: Sendable, Hashable {
    public let scope: ScopeSet
    public let resources: [String]

    static func read(_ parameters: Parameters, _ client: ClientMetadata) throws(OAuthError) -> ClientCredentialsRequest
    {
        let asked = try TokenRequest.scope(parameters) ?? client.defaultScope ?? .empty
        let people: Set<String> = ["openid", "offline_access"]
        guard asked.isSubset(of: client.scope), asked.names.isDisjoint(with: people) else {
            throw OAuthError(.invalidScope, "the client may not use these scopes for itself")
        }
        return ClientCredentialsRequest(
            scope: asked, resources: try ResourceIndicators.read(parameters, allowed: client.resources))
    }

    /// The grant: there is nothing to look up, and no refresh token (§4.4.3).
    public func grant(_ client: AuthenticatedClient, grantID: String, binding: SenderBinding) -> TokenGrant {
        TokenGrant(
            grantID: grantID, clientID: client.metadata.clientID, subject: nil, scope: scope, resources: resources,
            authentication: nil, binding: binding)
    }
}
