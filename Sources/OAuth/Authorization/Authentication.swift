/// How and when somebody proved who they are, as tokens tell it.
public struct Authentication: Sendable, Hashable, Codable {
    /// Seconds since 1970: `auth_time`.
    public var time: Int64
    /// The authentication context class reached.
    public var acr: String?
    /// RFC 8176.
    public var amr: [String]
    /// `sid`: the session at this issuer that the application's session belongs to.
    public var sessionID: String?

    public init(time: Int64, acr: String? = nil, amr: [String] = [], sessionID: String? = nil) {
        self.time = time
        self.acr = acr
        self.amr = amr
        self.sessionID = sessionID
    }
}

/// Somebody who is signed in in the browser that brought the request.
public struct SignedIn: Sendable, Hashable {
    /// The `sub` that the requesting client knows them by.
    public var subject: String
    public var authentication: Authentication

    public init(subject: String, authentication: Authentication) {
        self.subject = subject
        self.authentication = authentication
    }
}

/// What somebody consented to, for one client.
///
/// It only grows: what is asked anew is asked once and added, and nothing that was asked before is asked again.
public struct Consent: Sendable, Hashable, Codable {
    public var scope: ScopeSet
    public var resources: [String]
    public var claims: Set<String>

    public init(scope: ScopeSet = .empty, resources: [String] = [], claims: Set<String> = []) {
        self.scope = scope
        self.resources = resources
        self.claims = claims
    }

    /// What the request asks for.
    public init(for request: AuthorizationRequest) {
        self.init(
            scope: request.scope, resources: request.resources,
            claims: Set((request.claims.idToken + request.claims.userInfo).map(\.name)))
    }

    /// What is asked for and was not consented to.
    public func missing(of asked: Consent) -> Consent {
        Consent(
            scope: asked.scope.subtracting(scope), resources: asked.resources.filter { !Texts.holds(resources, $0) },
            claims: asked.claims.subtracting(claims))
    }

    public var isEmpty: Bool { scope.isEmpty && resources.isEmpty && claims.isEmpty }

    /// Both together; nil when they are more than anybody can have asked for.
    public func adding(_ more: Consent) -> Consent? {
        guard let scope = scope.union(more.scope) else { return nil }
        return Consent(
            scope: scope, resources: resources + more.resources.filter { !Texts.holds(resources, $0) },
            claims: claims.union(more.claims))
    }
}
