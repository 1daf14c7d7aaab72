import JOSE

/// What is registered of a client (RFC 7591 §2, OpenID Connect Registration §2, and the specifications each member
/// names). A value of it is consistent: it was made by a reader that told every fault, or out of the defaults.
public struct ClientMetadata: Sendable, Hashable {
    public internal(set) var clientID: String
    public internal(set) var name: String?
    public internal(set) var applicationType = ApplicationType.web
    public internal(set) var authentication = ClientAuthenticationMethod.clientSecretBasic
    /// The algorithm its assertions are signed with; nil for any that the server takes.
    public internal(set) var assertionAlgorithm: SignatureAlgorithm?
    /// Its assertions may also name the endpoint they are sent to, alone or in a list, as RFC 7523 had it before
    /// rfc7523bis. Off unless an administrator has a client that knows no better.
    public internal(set) var takesLegacyAudience = false
    public internal(set) var keys = Keys.none
    /// Of `tls_client_auth`: what the certificate has to say of its owner (RFC 8705 §2.1.2).
    public internal(set) var certificateSubject: CertificateSubject?
    public internal(set) var redirectURIs: [RedirectURI] = []
    public internal(set) var grantTypes: Set<GrantType> = [.authorizationCode]
    /// Every scope it may ask for.
    public internal(set) var scope = ScopeSet.empty
    /// The scopes that are meant when it names none; nil when it has to name some.
    public internal(set) var defaultScope: ScopeSet?
    /// Every resource it may ask tokens for (RFC 8707).
    public internal(set) var resources: [String] = []
    /// PKCE is asked of it. Off only for confidential clients that prove their codes by a nonce (RFC 9700 §2.1.1).
    public internal(set) var requiresProofKey = true
    public internal(set) var requiresPushedRequests = false
    public internal(set) var requiresSignedRequests = false
    public internal(set) var requestObjectAlgorithm: SignatureAlgorithm?
    /// Its access tokens are bound to a key by DPoP (RFC 9449 §5.2).
    public internal(set) var requiresDPoP = false
    /// Its access tokens are bound to its certificate (RFC 8705 §3.4).
    public internal(set) var bindsTokensToCertificate = false
    public internal(set) var profile = Profile.standard
    public internal(set) var subjectType = SubjectType.public
    /// Names the addresses that one pairwise subject is for (OpenID Connect Core §8.1).
    public internal(set) var sectorIdentifierURI: String?
    public internal(set) var idTokenAlgorithm = SignatureAlgorithm.es256
    /// Nil: userinfo is plain JSON.
    public internal(set) var userInfoAlgorithm: SignatureAlgorithm?
    /// Nil: introspection is plain JSON (RFC 9701 §6).
    public internal(set) var introspectionAlgorithm: SignatureAlgorithm?
    public internal(set) var accessTokenFormat = AccessTokenFormat.opaque
    public internal(set) var postLogoutRedirectURIs: [String] = []
    public internal(set) var backchannelLogoutURI: String?
    public internal(set) var backchannelLogoutNeedsSession = false
    public internal(set) var defaultMaxAge: Int64?
    public internal(set) var defaultACRValues: [String] = []
    /// `auth_time` stands in every ID token.
    public internal(set) var requiresAuthTime = false
    public internal(set) var initiateLoginURI: String?
    public internal(set) var about = About()

    /// Where the application runs (OpenID Connect Registration §2).
    public enum ApplicationType: String, Sendable, Hashable, CaseIterable { case web, native }
    /// Whether every client knows a person by the same name (OpenID Connect Core §8).
    public enum SubjectType: String, Sendable, Hashable, CaseIterable { case `public`, pairwise }
    /// What an access token looks like.
    public enum AccessTokenFormat: String, Sendable, Hashable, CaseIterable {
        /// Means nothing but to the server's introspection.
        case opaque
        /// RFC 9068.
        case jwt
    }
    /// What is asked of the client beyond its own registration.
    public enum Profile: String, Sendable, Hashable, CaseIterable {
        case standard
        /// FAPI 2.0 Security Profile.
        case fapi2Security = "fapi2_security"
    }

    /// The client's own public keys.
    public enum Keys: Sendable, Hashable {
        case none
        /// A JWK set, public keys only.
        case inline(String)
        case uri(String)
    }

    /// What people are shown, and who answers for the client.
    public struct About: Sendable, Hashable {
        public internal(set) var clientURI: String?
        public internal(set) var logoURI: String?
        public internal(set) var policyURI: String?
        public internal(set) var termsURI: String?
        public internal(set) var contacts: [String] = []
        public internal(set) var softwareID: String?
        public internal(set) var softwareVersion: String?
    }

    init(clientID: String) { self.clientID = clientID }

    /// RFC 6749 appendix A.1, and short enough for a column.
    public static func isIdentifier(_ text: String) -> Bool { Texts.isName(text, upTo: 512) }

    /// Whether it can keep a secret (RFC 6749 §2.1).
    public var isConfidential: Bool { authentication != .none }
    /// PKCE is asked of public clients and of the FAPI profile whatever is registered.
    public var mustUsePKCE: Bool { requiresProofKey || !isConfidential || profile == .fapi2Security }
    public var mustPushRequests: Bool { requiresPushedRequests || profile == .fapi2Security }
    /// Whether its tokens have to be bound to a key or a certificate.
    public var mustConstrainSender: Bool { requiresDPoP || bindsTokensToCertificate || profile == .fapi2Security }
}

/// How a client proves that it is the one it names (IANA "OAuth Token Endpoint Authentication Methods").
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    case none
    case clientSecretBasic = "client_secret_basic"
    case clientSecretPost = "client_secret_post"
    case privateKeyJWT = "private_key_jwt"
    case tlsClientAuth = "tls_client_auth"
    case selfSignedTLSClientAuth = "self_signed_tls_client_auth"

    /// Whether the server keeps a secret of such a client.
    public var usesSecret: Bool { self == .clientSecretBasic || self == .clientSecretPost }
    /// Whether the client's certificate is the proof (RFC 8705 §2).
    public var usesCertificate: Bool { self == .tlsClientAuth || self == .selfSignedTLSClientAuth }
}

/// The grants there are. Implicit and password grants are absent (RFC 9700 §2.1.2 and §2.4).
public enum GrantType: String, Sendable, Hashable, CaseIterable {
    case authorizationCode = "authorization_code"
    case refreshToken = "refresh_token"
    case clientCredentials = "client_credentials"
    case deviceCode = "urn:ietf:params:oauth:grant-type:device_code"
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
}

/// What a certificate issued by somebody the server trusts has to say of a client (RFC 8705 §2.1.2): one of these.
public enum CertificateSubject: Sendable, Hashable {
    /// RFC 4514.
    case distinguishedName(String)
    case dnsName(String)
    case uri(String)
    case ipAddress(String)
    case email(String)

    /// The metadata member and its value.
    public var member: (name: String, value: String) {
        switch self {
        case .distinguishedName(let value): ("tls_client_auth_subject_dn", value)
        case .dnsName(let value): ("tls_client_auth_san_dns", value)
        case .uri(let value): ("tls_client_auth_san_uri", value)
        case .ipAddress(let value): ("tls_client_auth_san_ip", value)
        case .email(let value): ("tls_client_auth_san_email", value)
        }
    }

    /// What is wrong with it as somebody typed it; nil where a certificate could say it.
    var flaw: String? {
        switch self {
        case .distinguishedName(let value):
            DistinguishedName(value) == nil
                ? "is no distinguished name such as CN=shop,O=Example (RFC 4514), or names an unknown attribute" : nil
        case .ipAddress(let value):
            ClientCertificate.normalized(address: value) == nil ? "is no address of the network" : nil
        case .dnsName, .uri, .email: nil
        }
    }

    /// Byte for byte, but for names and addresses of the network that have several spellings.
    func isSame(as other: CertificateSubject) -> Bool {
        if case .distinguishedName(let own) = self, case .distinguishedName(let theirs) = other {
            let name = DistinguishedName(own)
            return name != nil && name == DistinguishedName(theirs)
        }
        if case .ipAddress(let own) = self, case .ipAddress(let theirs) = other {
            let address = ClientCertificate.normalized(address: own)
            return address != nil && address == ClientCertificate.normalized(address: theirs)
        }
        return member.name == other.member.name && Texts.same(member.value, other.member.value)
    }

    static let makers: [(name: String, make: @Sendable (String) -> CertificateSubject)] = [
        ("tls_client_auth_subject_dn", { .distinguishedName($0) }), ("tls_client_auth_san_dns", { .dnsName($0) }),
        ("tls_client_auth_san_uri", { .uri($0) }), ("tls_client_auth_san_ip", { .ipAddress($0) }),
        ("tls_client_auth_san_email", { .email($0) }),
    ]
}
