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

/// All refresh tokens of one grant, one following another: a record to be kept with the grant. Each token is kept by its
/// hash, with its expiry; that it was used stands beside it, set by one statement that can succeed once.
///
/// A token that was used before tells that somebody stole it, or stole what came after it: the grant ends (RFC 9700
/// §4.14.2).
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
    /// Seconds since 1970: no token of the family outlives it.
    public let endsAt: Int64

    /// The family of a grant.
    public init(_ grant: TokenGrant, client: ClientMetadata, lifetimes: Lifetimes = .init(), now: Int64) {
        self.grant = grant
        self.lifetimes = lifetimes
        rotates = !(client.profile == .fapi2Security && client.isConfidential)
        endsAt = now + lifetimes.absolute
    }

    /// Whether a refresh token goes with a grant: the client may use one, somebody signed in, and asked to be acted for
    /// while away (OpenID Connect Core §11); without OpenID Connect the client's registration decides alone.
    public static func goes(with grant: TokenGrant, client: ClientMetadata) -> Bool {
        guard client.grantTypes.contains(.refreshToken), grant.subject != nil, grant.actor == nil else { return false }
        return !grant.scope.contains("openid") || grant.scope.contains("offline_access")
    }

    /// When a token that is given out, or used, now expires.
    public func expiry(now: Int64) -> Int64 { min(endsAt, now + lifetimes.idle) }

    /// A token as it is kept.
    public struct Token: Sendable, Hashable {
        /// Seconds since 1970.
        public var expiresAt: Int64
        /// It was used, and another one given out for it.
        public var wasUsed: Bool

        public init(expiresAt: Int64, wasUsed: Bool) {
            self.expiresAt = expiresAt
            self.wasUsed = wasUsed
        }
    }

    /// What becomes of a refresh.
    public enum Outcome: Sendable, Hashable {
        /// Tokens are made of the grant, and with them a new refresh token, once this one was marked as used; if somebody
        /// was faster, it was used before.
        case rotated(TokenGrant, expiresAt: Int64)
        /// Tokens are made of the grant; the refresh token stays, and expires later.
        case kept(TokenGrant, expiresAt: Int64)
        /// A used token: everything of the grant ends.
        case reused(revoking: String, OAuthError)
        case refused(OAuthError)
    }

    /// Decides a refresh by an authenticated client, of a grant that has not ended.
    ///
    /// - Parameter binding: what the request proves.
    public func refresh(
        _ request: RefreshRequest, token: Token, by client: AuthenticatedClient, binding: SenderBinding, now: Int64
    ) -> Outcome {
        // Another client's token says nothing, and does nothing: whoever shows it has no say over the grant.
        guard Texts.same(grant.clientID, client.metadata.clientID) else { return .refused(.unknownGrant) }
        guard !token.wasUsed else {
            return .reused(revoking: grant.grantID, .grant("the refresh token was used before"))
        }
        guard now < token.expiresAt, now < endsAt else { return .refused(.grant("the refresh token has expired")) }
        do {
            try checkBinding(client, binding)
            let grant = try narrowed(request, binding)
            return rotates
                ? .rotated(grant, expiresAt: expiry(now: now)) : .kept(grant, expiresAt: expiry(now: now))
        } catch {
            return .refused(error)
        }
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
