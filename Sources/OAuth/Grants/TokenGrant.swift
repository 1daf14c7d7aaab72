/// What was granted: everything that tokens are made of. It is made by the pure decisions of the grants alone.
public struct TokenGrant: Sendable, Hashable, Codable {
    /// Names the grant: what revokes it revokes every token of it.
    public let grantID: String
    public let clientID: String
    /// The person, as this client knows them; nil when the client acts for itself.
    public let subject: String?
    public var scope: ScopeSet
    /// What the access token is for; the issuer's own resources when empty.
    public var resources: [String]
    public let authentication: Authentication?
    public let nonce: String?
    public let claims: ClaimsRequest
    public var binding: SenderBinding
    /// Of a token exchange: who acts.
    public var actor: ActorChain?

    public init(
        grantID: String, clientID: String, subject: String?, scope: ScopeSet, resources: [String],
        authentication: Authentication?, nonce: String? = nil, claims: ClaimsRequest = .none,
        binding: SenderBinding, actor: ActorChain? = nil
    ) {
        self.grantID = grantID
        self.clientID = clientID
        self.subject = subject
        self.scope = scope
        self.resources = resources
        self.authentication = authentication
        self.nonce = nonce
        self.claims = claims
        self.binding = binding
        self.actor = actor
    }

    /// An ID token goes with the answer.
    public var issuesIDToken: Bool { subject != nil && scope.contains("openid") }

    /// The grant with less: what a policy leaves of it. Nothing can be added.
    public func narrowed(to scope: ScopeSet, resources: [String]) -> TokenGrant {
        var narrowed = self
        narrowed.scope = self.scope.intersection(scope)
        narrowed.resources = self.resources.filter { Texts.holds(resources, $0) }
        return narrowed
    }
}

extension OAuthError {
    /// Of a code or token that is not known, or of a grant that ended.
    public static let unknownGrant = OAuthError(.invalidGrant, "unknown, ended, or not the client's")

    /// Of every grant: unknown, used, expired, another client's. Which of them is for the journal, not for the caller.
    static func grant(_ reason: String) -> OAuthError { OAuthError(.invalidGrant, reason) }
}
