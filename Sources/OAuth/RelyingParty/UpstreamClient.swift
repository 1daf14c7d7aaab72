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
    /// Claims that every ID token has to have with these texts: `hd` for people of one Google domain alone.
    public var requiredClaims: [String: String]

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
        profile: ProfileMapping = .standard, parameters: [String: String] = [:],
        requiredClaims: [String: String] = [:]
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
        self.requiredClaims = requiredClaims
    }
}

extension UpstreamClient {
    /// Reads the provider's keys as they were fetched.
    ///
    /// An RSA key that does not say its algorithm is pinned to the one its provider names: RS256 where it names that.
    ///
    /// - Throws: `malformed_answer` with the check that failed.
    public func keys(reading body: [UInt8]) throws(UpstreamFault) -> JSONWebKeySet {
        let order: [SignatureAlgorithm] = [.rs256, .ps256, .rs384, .ps384, .rs512, .ps512]
        do {
            return try JSONWebKeySet(parsing: body, unmarkedRSA: order.first(where: algorithms.contains) ?? .rs256)
        } catch {
            throw UpstreamFault(.malformedAnswer, "keys: \(error)")
        }
    }
}
