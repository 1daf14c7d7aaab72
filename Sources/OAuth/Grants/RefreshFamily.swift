/// What a client shows to refresh its tokens (RFC 6749 §6).
public struct RefreshRequest: Sendable, Hashable {
    public let token: String
    /// A part of what was granted; nil for all of it.
    public let scope: ScopeSet?
    public let parameters: Parameters

    static func read(_ parameters: Parameters) throws(OAuthError) -> RefreshRequest {
        RefreshRequest(
            token: try TokenRequest.handle(parameters, "refresh_token"), scope: try TokenRequest.scope(parameters),
            parameters: parameters)
    }
}

/// All refresh tokens of one grant, one following another: a record to be kept under the grant's name, and written back
/// under the condition that its generation is still the one that was read.
///
/// A token is kept by its hash with the generation it belongs to. One of an earlier generation was used before: whoever
/// shows it, or whoever used it, is a thief, and the family ends (RFC 9700 §4.14.2).
public struct RefreshFamily: Sendable, Hashable, Codable {
    /// How long tokens live, in seconds.
    public struct Lifetimes: Sendable, Hashable, Codable {
        /// Since the last use.
        public var idle: Int64
        /// Since somebody signed in.
        public var absolute: Int64

        public init(idle: Int64 = 1_209_600, absolute: Int64 = 7_776_000) {
            self.idle = idle
            self.absolute = absolute
        }
    }

    public let grant: TokenGrant
    public let lifetimes: Lifetimes
    /// Each use gives out the next token. Off where the tokens are bound to a client that proves a key each time, as
    /// FAPI 2.0 §5.3.2.1 recommends.
    public let rotates: Bool
    /// Seconds since 1970.
    public let endsAt: Int64
    public private(set) var generation: Int64
    public private(set) var idleUntil: Int64
    public private(set) var isRevoked: Bool

    /// The family of a grant; its first token is of generation zero.
    public init(_ grant: TokenGrant, client: ClientMetadata, lifetimes: Lifetimes = .init(), now: Int64) {
        self.grant = grant
        self.lifetimes = lifetimes
        rotates = !(client.profile == .fapi2Security && client.isConfidential)
        endsAt = now + lifetimes.absolute
        generation = 0
        idleUntil = min(endsAt, now + lifetimes.idle)
        isRevoked = false
    }

    /// Whether a refresh token goes with a grant: the client may use one, somebody signed in, and asked to be acted for
    /// while away (OpenID Connect Core §11); without OpenID Connect the client's registration decides alone.
    public static func goes(with grant: TokenGrant, client: ClientMetadata) -> Bool {
        guard client.grantTypes.contains(.refreshToken), grant.subject != nil, grant.actor == nil else { return false }
        return !grant.scope.contains("openid") || grant.scope.contains("offline_access")
    }

    /// What becomes of a refresh.
    public enum Outcome: Sendable, Hashable {
        /// Tokens are made of the grant; `after` is written first. A new refresh token of its generation goes with them
        /// when `isRotated`.
        case granted(TokenGrant, after: RefreshFamily, isRotated: Bool)
        /// A used token: the family is written as revoked, and every token of the grant ends.
        case reused(after: RefreshFamily, OAuthError)
        case refused(OAuthError)
    }

    /// Decides a refresh by an authenticated client.
    ///
    /// - Parameters:
    ///   - generation: of the token that was shown.
    ///   - binding: what the request proves.
    public func refresh(
        _ request: RefreshRequest, generation shown: Int64, by client: AuthenticatedClient, binding: SenderBinding,
        now: Int64
    ) -> Outcome {
        guard Texts.same(grant.clientID, client.metadata.clientID) else {
            return .refused(.grant("the refresh token is unknown or not the client's"))
        }
        guard !isRevoked else { return .refused(.grant("the grant was revoked")) }
        guard shown == generation else { return .reused(after: revoked(), .grant("the refresh token was used before")) }
        guard now < idleUntil, now < endsAt else { return .refused(.grant("the refresh token has expired")) }
        do {
            try checkBinding(client, binding)
            return .granted(try narrowed(request, binding), after: used(now: now), isRotated: rotates)
        } catch {
            return .refused(error)
        }
    }

    /// The family after somebody revoked it.
    public func revoked() -> RefreshFamily {
        var after = self
        after.isRevoked = true
        return after
    }

    private func used(now: Int64) -> RefreshFamily {
        var after = self
        if rotates { after.generation += 1 }
        after.idleUntil = min(endsAt, now + lifetimes.idle)
        return after
    }

    /// RFC 9449 §5: of a public client the refresh token itself is bound to the key; a confidential client proves itself,
    /// and may come with a new key.
    private func checkBinding(_ client: AuthenticatedClient, _ binding: SenderBinding) throws(OAuthError) {
        if let key = grant.binding.keyThumbprint {
            let isSame = SHA256Text.same(key, binding.keyThumbprint)
            guard isSame || client.metadata.isConfidential && binding.keyThumbprint != nil else {
                throw OAuthError(.invalidDPoPProof, "the refresh token is bound to a key")
            }
        }
        if let certificate = grant.binding.certificateThumbprint, !client.metadata.isConfidential,
            !SHA256Text.same(certificate, binding.certificateThumbprint)
        {
            throw OAuthError(.invalidGrant, "the refresh token is bound to another certificate")
        }
    }

    private func narrowed(_ request: RefreshRequest, _ binding: SenderBinding) throws(OAuthError) -> TokenGrant {
        let scope = request.scope ?? grant.scope
        guard scope.isSubset(of: grant.scope) else {
            throw OAuthError(.invalidScope, "more than was granted")
        }
        // OpenID Connect Core §12.2: an ID token of a refresh repeats no nonce.
        return TokenGrant(
            grantID: grant.grantID, clientID: grant.clientID, subject: grant.subject, scope: scope,
            resources: try ResourceIndicators.narrowed(request.parameters, granted: grant.resources),
            authentication: grant.authentication, nonce: nil, claims: grant.claims, binding: binding)
    }
}
