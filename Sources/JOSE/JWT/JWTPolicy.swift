/// What a token has to say to be accepted (RFC 7519 §7.2, RFC 8725 §3). Who makes one states issuer, audience and type;
/// `.unchecked` is there to be seen in review.
public struct JWTPolicy: Sendable {
    /// Which issuers are accepted; compared byte by byte.
    public enum Issuer: Sendable, Equatable {
        case exactly(String)
        case oneOf([String])
        /// For tokens without an issuer: proofs of possession.
        case unchecked
    }

    /// Which audience is accepted; compared byte by byte.
    public enum Audience: Sendable, Equatable {
        /// It is among those of the token.
        case contains(String)
        /// One of them is among those of the token.
        case containsOneOf([String])
        /// It is the only one, and written as one string: client assertions (RFC 7523).
        case only(String)
        case unchecked
    }

    /// Which `typ` is accepted (RFC 8725 §3.11); `application/` may be left out.
    public enum TokenType: Sendable, Equatable {
        case exactly(String)
        case oneOf([String])
        /// Absent, or this one: `JWT` of ID tokens.
        case absentOr(String)
        case unchecked
    }

    public var issuer: Issuer
    public var audience: Audience
    public var type: TokenType
    /// `nonce`, where it has to be this one.
    public var nonce: String?
    /// `sub`, where it has to be this one.
    public var subject: String?
    /// `azp`: when present it has to be this one, and when there are several audiences it has to be present
    /// (OpenID Connect Core §3.1.3.7).
    public var authorizedParty: String?
    /// Algorithms that are accepted of the keys at hand; nil for all that the keys have.
    public var algorithms: Set<SignatureAlgorithm>?
    /// Seconds by which clocks may differ, in either direction.
    public var clockSkew: Int64
    /// Seconds since `iat`, at most; asks for `iat`.
    public var maximumAge: Int64?
    /// Seconds from `iat` (or `nbf`) to `exp`, at most; asks for both.
    public var maximumLifetime: Int64?
    /// Claims that have to be there, whatever they say; `exp` unless changed.
    public var requiredClaims: Set<String>

    /// A policy for these three, with a minute's half of clock skew and `exp` required.
    public init(
        issuer: Issuer, audience: Audience, type: TokenType, nonce: String? = nil,
        requiredClaims: Set<String> = ["exp"], clockSkew: Int64 = 30
    ) {
        self.issuer = issuer
        self.audience = audience
        self.type = type
        self.nonce = nonce
        self.requiredClaims = requiredClaims
        self.clockSkew = clockSkew
    }
}
