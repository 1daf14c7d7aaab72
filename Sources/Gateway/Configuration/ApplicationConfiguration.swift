import Vocabulary

/// A protected application behind forward-auth, with a host, a session and an audience of its own.
public struct ApplicationConfiguration: Sendable, Codable, Hashable {
    /// Names of the headers an application is told by; each is always set, so that a client cannot supply it.
    public struct Headers: Sendable, Codable, Hashable {
        public var user = "X-Gatehouse-User"
        public var name = "X-Gatehouse-Name"
        public var mail = "X-Gatehouse-Mail"
        public var roles = "X-Gatehouse-Roles"
        /// The id of whoever asks, which no change of name changes.
        public var subject = "X-Gatehouse-Subject"
        /// The OAuth client that asks for them; empty for somebody's own browser.
        public var client = "X-Gatehouse-Client"
        /// What that client's token is for, by blanks.
        public var scope = "X-Gatehouse-Scope"

        /// What the proxy sets `Authorization` to; not one that the application sees.
        public static let authorization = "X-Gatehouse-Authorization"

        public init() {}

        /// Those that the application is told by.
        public var all: [String] { [user, name, mail, roles, subject, client, scope] }
    }

    /// Permanent name in configuration and API.
    public var key: String
    public var tenant: String
    public var name: String
    /// Lower case, without port: requests for this host are this application's.
    public var host: String
    /// Where people are sent back to, as text of a `PublicURL`.
    public var publicURL: String
    /// The resource type that policies see; the path is the resource's id.
    public var resourceType: String
    public var requiredStrength: Int
    /// Seconds after which a login has to be repeated; nil for no limit.
    public var requiredAuthenticationAge: Int?
    public var forwardAuth: Bool
    /// HTTP method (upper case) to action; a method not named keeps its lower-case name.
    public var actions: [String: String]
    public var headers: Headers
    /// Name part of the application's own cookie on its own host.
    public var sessionCookie: String
    /// What it is to OAuth clients; nil for an application that takes no access tokens.
    public var resource: ResourceConfiguration?

    public init(key: String, tenant: String, name: String, host: String, publicURL: String) {
        self.key = key
        self.tenant = tenant
        self.name = name
        self.host = host
        self.publicURL = publicURL
        resourceType = "page"
        requiredStrength = 1
        requiredAuthenticationAge = nil
        forwardAuth = true
        actions = [
            "GET": "read", "HEAD": "read", "POST": "write", "PUT": "write", "PATCH": "write", "DELETE": "delete",
        ]
        headers = Headers()
        sessionCookie = key
    }
}

extension ApplicationConfiguration.Headers {
    private enum CodingKeys: String, CodingKey { case user, name, mail, roles, subject, client, scope }

    /// Names that a row of an earlier version does not have are the usual ones.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        user = try container.decodeIfPresent(String.self, forKey: .user) ?? user
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? name
        mail = try container.decodeIfPresent(String.self, forKey: .mail) ?? mail
        roles = try container.decodeIfPresent(String.self, forKey: .roles) ?? roles
        subject = try container.decodeIfPresent(String.self, forKey: .subject) ?? subject
        client = try container.decodeIfPresent(String.self, forKey: .client) ?? client
        scope = try container.decodeIfPresent(String.self, forKey: .scope) ?? scope
    }
}
