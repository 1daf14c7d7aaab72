import JOSE

/// A client of one provider: everything that a login there needs to know, as a value.
public struct UpstreamClient: Sendable, Hashable {
    /// What the application calls the provider; a login begun with one is never ended with another.
    public var provider: String
    public var clientID: String
    public var authentication: Authentication
    /// One of its own for each provider, so that an answer says by its address who it should be of.
    public var redirectURI: String
    public var endpoints: UpstreamEndpoints
    /// Nil for plain OAuth 2, which has no ID token.
    public var issuer: IssuerRule?
    public var scope: ScopeSet
    /// The algorithms its ID tokens may be signed with.
    public var algorithms: Set<SignatureAlgorithm>
    /// Its answers have to name it (RFC 9207).
    public var namesItselfInResponses: Bool
    public var responseMode: ResponseMode?
    public var identity: UpstreamIdentityRule
    public var profile: ProfileMapping
    /// What one provider wants and no standard has: `access_type`, `hd`.
    public var parameters: [String: String]

    /// How the client proves itself at the token endpoint.
    public enum Authentication: Sendable, Hashable {
        case none
        case secretBasic
        case secretPost
        case privateKeyJWT
    }

    public init(
        provider: String, clientID: String, authentication: Authentication, redirectURI: String,
        endpoints: UpstreamEndpoints, issuer: IssuerRule?, scope: ScopeSet,
        algorithms: Set<SignatureAlgorithm> = [.rs256, .es256], namesItselfInResponses: Bool = false,
        responseMode: ResponseMode? = nil, identity: UpstreamIdentityRule = .issuerAndSubject,
        profile: ProfileMapping = .standard, parameters: [String: String] = [:]
    ) {
        self.provider = provider
        self.clientID = clientID
        self.authentication = authentication
        self.redirectURI = redirectURI
        self.endpoints = endpoints
        self.issuer = issuer
        self.scope = scope
        self.algorithms = algorithms
        self.namesItselfInResponses = namesItselfInResponses
        self.responseMode = responseMode
        self.identity = identity
        self.profile = profile
        self.parameters = parameters
    }
}
