import JOSE

/// A request to exchange a token for another (RFC 8693 §2.1).
public struct TokenExchangeRequest: Sendable, Hashable {
    /// The kinds of token there are here (§3).
    public enum TokenType: String, Sendable, Hashable, CaseIterable {
        case accessToken = "urn:ietf:params:oauth:token-type:access_token"
        case idToken = "urn:ietf:params:oauth:token-type:id_token"
        case jwt = "urn:ietf:params:oauth:token-type:jwt"
    }

    public let subjectToken: String
    public let subjectTokenType: TokenType
    public let actorToken: String?
    public let actorTokenType: TokenType?
    public let scope: ScopeSet?
    public let resources: [String]
    public let audiences: [String]

    /// No longer token is read, in bytes.
    public static let tokenByteLimit = 16_384
    /// No more audiences are read.
    public static let audienceLimit = 8

    static func read(_ parameters: Parameters, _ client: ClientMetadata) throws(OAuthError) -> TokenExchangeRequest {
        guard let subject = parameters["subject_token"], subject.utf8.count <= tokenByteLimit else {
            throw OAuthError(.invalidRequest, "subject_token is missing or too long")
        }
        let subjectType = try type(parameters, "subject_token_type")
        guard let subjectType else { throw OAuthError(.invalidRequest, "subject_token_type is missing") }
        let actor = parameters["actor_token"]
        let actorType = try type(parameters, "actor_token_type")
        // §2.1: the type stands exactly where the token does.
        guard (actor == nil) == (actorType == nil), (actor?.utf8.count ?? 0) <= tokenByteLimit else {
            throw OAuthError(.invalidRequest, "actor_token and actor_token_type go together")
        }
        if let wanted = try type(parameters, "requested_token_type"), wanted == .idToken {
            throw OAuthError(.invalidRequest, "requested_token_type is not supported")
        }
        let audiences = parameters.all("audience")
        guard audiences.count <= audienceLimit, audiences.allSatisfy({ Texts.isName($0, upTo: 512) }) else {
            throw OAuthError(.invalidTarget, "audience is malformed, or there are too many")
        }
        return TokenExchangeRequest(
            subjectToken: subject, subjectTokenType: subjectType, actorToken: actor, actorTokenType: actorType,
            scope: try TokenRequest.scope(parameters),
            resources: try ResourceIndicators.read(parameters, allowed: client.resources), audiences: audiences)
    }

    private static func type(_ parameters: Parameters, _ name: String) throws(OAuthError) -> TokenType? {
        guard let text = parameters[name] else { return nil }
        guard let type = TokenType(rawValue: text) else {
            throw OAuthError(.invalidRequest, "\(name) is not supported")
        }
        return type
    }
}

/// Who acts for whom (RFC 8693 §4.1): the one who acts now, and before them who acted so far.
public struct ActorChain: Sendable, Hashable, Codable {
    /// No longer chain is made.
    public static let depthLimit = 4

    /// The one who acts now first; subjects with the issuer that names them where it is another.
    public let actors: [Actor]

    /// One of them.
    public struct Actor: Sendable, Hashable, Codable {
        public let subject: String
        public let issuer: String?

        public init(subject: String, issuer: String? = nil) {
            self.subject = subject
            self.issuer = issuer
        }
    }

    /// A chain; nil when it is empty or too long.
    public init?(_ actors: [Actor]) {
        guard (1...Self.depthLimit).contains(actors.count) else { return nil }
        self.actors = actors
    }

    /// Reads an `act` claim; nil when it is no chain of subjects, or too long.
    public init?(_ claim: JSONValue) {
        var actors: [Actor] = []
        var next: JSONValue? = claim
        while let value = next {
            guard let object = value.object, let subject = object["sub"]?.text, actors.count < Self.depthLimit else {
                return nil
            }
            actors.append(Actor(subject: subject, issuer: object["iss"]?.text))
            next = object["act"]
        }
        self.init(actors)
    }

    /// The chain with one more who acts now; nil when it would be too long.
    public func adding(_ actor: Actor) -> ActorChain? { ActorChain([actor] + actors) }

    /// The `act` claim.
    public var claim: JSONValue {
        var claim: JSONObject?
        for actor in actors.reversed() {
            var object: JSONObject = ["sub": .string(actor.subject)]
            object.set("iss", actor.issuer)
            object["act"] = claim.map { .object($0) }
            claim = object
        }
        return claim.map { .object($0) } ?? .null
    }
}

/// Decides token exchanges.
public enum TokenExchange {
    /// A token that was shown, after it was verified and found live.
    public struct Proven: Sendable {
        public var subject: String
        /// Who it was issued for; it is theirs, or its audience's, to exchange.
        public var clientID: String?
        public var audiences: [String]
        public var scope: ScopeSet
        public var binding: SenderBinding
        public var actor: ActorChain?
        /// `may_act` (§4.4): nil when the token names nobody.
        public var mayAct: ActorChain.Actor?
        public var authentication: Authentication?
        /// Names the grant it came of, so that what revokes that ends this too.
        public var grantID: String
        /// Seconds since 1970: the new token does not outlive it.
        public var expiresAt: Int64

        public init(
            subject: String, clientID: String?, audiences: [String], scope: ScopeSet, binding: SenderBinding = .none,
            actor: ActorChain? = nil, mayAct: ActorChain.Actor? = nil, authentication: Authentication? = nil,
            grantID: String, expiresAt: Int64
        ) {
            self.subject = subject
            self.clientID = clientID
            self.audiences = audiences
            self.scope = scope
            self.binding = binding
            self.actor = actor
            self.mayAct = mayAct
            self.authentication = authentication
            self.grantID = grantID
            self.expiresAt = expiresAt
        }
    }

    /// What one client may exchange for what.
    public struct Policy: Sendable, Hashable {
        /// Audiences it may ask tokens for, beside the resources of its registration.
        public var audiences: [String]
        /// It may exchange without saying that it acts: the new token then names the subject alone.
        public var mayImpersonate: Bool

        public init(audiences: [String] = [], mayImpersonate: Bool = false) {
            self.audiences = audiences
            self.mayImpersonate = mayImpersonate
        }
    }

    /// What is issued: the grant, and how long at most.
    public struct Result: Sendable, Hashable {
        public let grant: TokenGrant
        /// Seconds since 1970.
        public let expiresAt: Int64
    }

    /// Decides an exchange. Scopes can only become fewer, the chain of actors only longer, and the subject's token has to
    /// be one that was meant for the client that shows it.
    ///
    /// - Parameters:
    ///   - subject: the subject token, verified.
    ///   - actor: the actor token, verified; nil when none was sent.
    ///   - binding: what the request proves, and the new token is bound to.
    /// - Throws: `invalid_grant`, `invalid_scope`, `invalid_target`.
    public static func decide(
        _ request: TokenExchangeRequest, subject: Proven, actor: Proven?, by client: AuthenticatedClient,
        policy: Policy, binding: SenderBinding, now: Int64
    ) throws(OAuthError) -> Result {
        let clientID = client.metadata.clientID
        try check(subject, for: clientID, binding, now)
        if let actor { try check(actor, for: clientID, binding, now) }
        guard (request.actorToken == nil) == (actor == nil) else {
            throw OAuthError(.invalidRequest, "actor_token was not verified")
        }
        let scope = request.scope ?? subject.scope.intersection(client.metadata.scope)
        guard scope.isSubset(of: subject.scope), scope.isSubset(of: client.metadata.scope) else {
            throw OAuthError(.invalidScope, "more than the subject token or the client has")
        }
        for audience in request.audiences where !Texts.holds(policy.audiences, audience) {
            throw OAuthError(.invalidTarget, "the client may not ask for tokens for this audience")
        }
        let grant = TokenGrant(
            grantID: subject.grantID, clientID: clientID, subject: subject.subject,
            // An ID token or a refresh token would make more of it than was shown.
            scope: without(["openid", "offline_access"], scope),
            resources: request.resources + request.audiences, authentication: subject.authentication,
            binding: binding, actor: try chain(subject, actor, clientID, policy))
        return Result(grant: grant, expiresAt: subject.expiresAt)
    }

    private static func without(_ names: Set<String>, _ scope: ScopeSet) -> ScopeSet {
        ScopeSet(scope.names.subtracting(names)) ?? .empty
    }

    /// A token is for whoever it names as audience, and for the client it was issued to: nobody else may have got it
    /// honestly. One that is bound needs its key here as well.
    private static func check(_ token: Proven, for clientID: String, _ binding: SenderBinding, _ now: Int64)
        throws(OAuthError)
    {
        guard now < token.expiresAt else { throw .grant("the token has expired") }
        let isIssuedTo = token.clientID.map { Texts.same($0, clientID) } ?? false
        guard isIssuedTo || Texts.holds(token.audiences, clientID) else {
            throw .grant("the token was not meant for this client")
        }
        // Whoever is its audience received it from its holder, who proved the key; its own client proves it again.
        guard isIssuedTo else { return }
        if let key = token.binding.keyThumbprint, !SHA256Text.same(key, binding.keyThumbprint) {
            throw .grant("the token is bound to another key")
        }
        if let certificate = token.binding.certificateThumbprint,
            !SHA256Text.same(certificate, binding.certificateThumbprint)
        {
            throw .grant("the token is bound to another certificate")
        }
    }

    private static func chain(_ subject: Proven, _ actor: Proven?, _ clientID: String, _ policy: Policy)
        throws(OAuthError) -> ActorChain?
    {
        let acting = ActorChain.Actor(subject: actor?.subject ?? clientID)
        if let allowed = subject.mayAct, !Texts.same(allowed.subject, acting.subject) {
            throw .grant("the subject token lets somebody else act")
        }
        // Whoever acted before stays named: a chain is never cut by an exchange.
        if actor == nil, policy.mayImpersonate { return subject.actor }
        guard let chain = subject.actor.map({ $0.adding(acting) }) ?? ActorChain([acting]) else {
            throw .grant("too many act for one another")
        }
        return chain
    }
}
