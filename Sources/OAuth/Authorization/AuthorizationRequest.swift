import JOSE

/// An authorization request that was read and held to its client's registration: complete, immutable, and to be kept at
/// the server while somebody signs in, so that nothing a browser carries can change it.
public struct AuthorizationRequest: Sendable, Hashable, Codable {
    /// How the parameters came (RFC 9126, RFC 9101).
    public enum Origin: String, Sendable, Hashable, Codable {
        case parameters
        case signed
        case pushed
        case pushedSigned = "pushed_signed"

        /// Pushed to the server by the authenticated client itself.
        public var isPushed: Bool { self == .pushed || self == .pushedSigned }
        /// Signed by the client.
        public var isSigned: Bool { self == .signed || self == .pushedSigned }
    }

    public let clientID: String
    /// The URI to answer at: registered, as the request named it.
    public let redirectURI: String
    public let responseMode: ResponseMode
    /// What was asked for and the client may ask for.
    public let scope: ScopeSet
    public internal(set) var state: String?
    public let nonce: String?
    /// The S256 challenge of RFC 7636.
    public let codeChallenge: String?
    /// RFC 8707: what the tokens are for.
    public let resources: [String]
    public let prompts: Set<Prompt>
    /// The longest time, in seconds, since somebody has proved who they are.
    public let maxAge: Int64?
    /// In the order of preference.
    public let acrValues: [String]
    public let claims: ClaimsRequest
    public let display: String?
    public let uiLocales: [String]
    public internal(set) var loginHint: String?
    /// An ID token as sent; nothing in it is believed before `IDTokenHint` has read it.
    public internal(set) var idTokenHint: String?
    /// The key that the code will be bound to (RFC 9449 §10).
    public let dpopThumbprint: String?
    public let origin: Origin

    /// The request without what only its answer needed: whom somebody meant, and what the client wants back. What is kept
    /// until a code is redeemed holds neither names nor tokens.
    public var answered: AuthorizationRequest {
        var answered = self
        (answered.state, answered.loginHint, answered.idTokenHint) = (nil, nil, nil)
        return answered
    }

    /// Whether this is OpenID Connect, and an ID token is asked for.
    public var isOpenID: Bool { scope.contains("openid") }

    /// OpenID Connect Core §3.1.2.1.
    public enum Prompt: String, Sendable, Hashable, Codable, CaseIterable {
        case none
        case login
        case consent
        case selectAccount = "select_account"
    }
}

/// How the answer travels (OAuth 2.0 Multiple Response Types, Form Post Response Mode). The fragment is not offered: it
/// belongs to the implicit grant.
public enum ResponseMode: String, Sendable, Hashable, Codable, CaseIterable {
    case query
    case formPost = "form_post"
}

/// What becomes of the parameters of an authorization request.
public enum AuthorizationReading: Sendable, Hashable {
    case request(AuthorizationRequest)
    /// Nobody is redirected: the client or its URI is not known to be right (RFC 6749 §4.1.2.1).
    case page(OAuthError)
    /// The client is told.
    case redirect(AuthorizationResponse)
}

/// What an authorization server asks of every request.
public struct AuthorizationRules: Sendable, Hashable {
    public var issuer: String
    /// The authentication context classes it can reach, from the weakest to the strongest.
    public var acrValues: [String]
    /// Requests come by RFC 9126 only, whoever the client is.
    public var requiresPushedRequests: Bool

    public init(issuer: String, acrValues: [String] = [], requiresPushedRequests: Bool = false) {
        self.issuer = issuer
        self.acrValues = acrValues
        self.requiresPushedRequests = requiresPushedRequests
    }
}
