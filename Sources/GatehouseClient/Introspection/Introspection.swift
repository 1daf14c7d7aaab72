import Foundation

/// What the gateway knows of a token (RFC 7662 §2.2). An inactive one has no other member: nothing can
/// be read from it.
public struct Introspection: Sendable, Equatable {
    public let isActive: Bool
    /// The stable id of the person or service account: what an application should key on.
    public let subject: String?
    public let username: String?
    public let clientID: String?
    public let scopes: Set<String>
    /// Whom the token is for; empty when the gateway named nobody.
    public let audiences: Set<String>
    public let issuer: String?
    public let expiresAt: Date?
    public let issuedAt: Date?
    /// Authentication context class, such as `urn:gatehouse:aal:2` (OpenID Connect Core §2).
    public let strength: String?
    /// The session, as `sid` names it.
    public let session: String?
    public let roles: [String]
    /// What whoever shows the token has to prove beside it; nil for a bearer token (RFC 7800 §3).
    public let confirmation: Confirmation?

    /// What a token is bound to (`cnf`). Whoever lets one in that cannot be held to it lets a thief in.
    public struct Confirmation: Sendable, Hashable {
        /// SHA-256 of the certificate of its connections as base64url: `x5t#S256` (RFC 8705 §3.1).
        public let certificateThumbprint: String?
        /// Bound to something else, alone or beside the certificate: a key (RFC 9449 §6), or what is not known here.
        public let needsMore: Bool

        public init(certificateThumbprint: String?, needsMore: Bool = false) {
            self.certificateThumbprint = certificateThumbprint
            self.needsMore = needsMore
        }
    }

    /// Every bad token looks the same.
    public static let inactive = Introspection(isActive: false)

    /// For tests of services: what a gateway could have said.
    public init(
        isActive: Bool, subject: String? = nil, username: String? = nil, clientID: String? = nil,
        scopes: Set<String> = [], audiences: Set<String> = [], issuer: String? = nil, expiresAt: Date? = nil,
        issuedAt: Date? = nil, strength: String? = nil, session: String? = nil, roles: [String] = [],
        confirmation: Confirmation? = nil
    ) {
        self.isActive = isActive
        self.subject = subject
        self.username = username
        self.clientID = clientID
        self.scopes = scopes
        self.audiences = audiences
        self.issuer = issuer
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.strength = strength
        self.session = session
        self.roles = roles
        self.confirmation = confirmation
    }
}

extension Introspection: Decodable {
    private enum Member: String, CodingKey {
        case active, sub, username, scope, aud, iss, exp, iat, acr, sid, roles, cnf
        case clientID = "client_id"
    }

    /// Strict: a member of the wrong type fails the whole answer, because half of it may be the half that refuses.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        guard try members.decode(Bool.self, forKey: .active) else {
            self = .inactive
            return
        }
        let scope = try members.decodeIfPresent(String.self, forKey: .scope) ?? ""
        self.init(
            isActive: true, subject: try members.decodeIfPresent(String.self, forKey: .sub),
            username: try members.decodeIfPresent(String.self, forKey: .username),
            clientID: try members.decodeIfPresent(String.self, forKey: .clientID),
            scopes: Set(scope.split(separator: " ").map(String.init)),
            audiences: try members.decodeIfPresent(Audience.self, forKey: .aud)?.names ?? [],
            issuer: try members.decodeIfPresent(String.self, forKey: .iss),
            expiresAt: try members.decodeIfPresent(Double.self, forKey: .exp).map(Date.init(timeIntervalSince1970:)),
            issuedAt: try members.decodeIfPresent(Double.self, forKey: .iat).map(Date.init(timeIntervalSince1970:)),
            strength: try members.decodeIfPresent(String.self, forKey: .acr),
            session: try members.decodeIfPresent(String.self, forKey: .sid),
            roles: try members.decodeIfPresent([String].self, forKey: .roles) ?? [],
            confirmation: try members.decodeIfPresent([String: JSONValue].self, forKey: .cnf).map(Confirmation.init))
    }
}

extension Introspection.Confirmation {
    fileprivate init(_ members: [String: JSONValue]) {
        var thumbprint: String?
        if case .string(let text)? = members["x5t#S256"] { thumbprint = text }
        self.init(
            certificateThumbprint: thumbprint, needsMore: members.count != 1 || thumbprint == nil)
    }
}

/// RFC 7519 §4.1.3: one string, or a list of them.
private struct Audience: Decodable {
    let names: Set<String>

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let one = try? value.decode(String.self) {
            names = [one]
        } else {
            names = Set(try value.decode([String].self))
        }
    }
}
