/// What a client shows to redeem a code (RFC 6749 §4.1.3).
public struct CodeRedemption: Sendable, Hashable {
    public let code: String
    public let redirectURI: String?
    public let verifier: String?
    /// What the parameters ask the access token to be for; held to the grant when the code is redeemed.
    public let parameters: Parameters

    static func read(_ parameters: Parameters) throws(OAuthError) -> CodeRedemption {
        let verifier = parameters["code_verifier"]
        if let verifier, !ProofKey.isVerifier(verifier) { throw OAuthError.grant("code_verifier is malformed") }
        return CodeRedemption(
            code: try TokenRequest.handle(parameters, "code"), redirectURI: parameters["redirect_uri"],
            verifier: verifier, parameters: parameters)
    }
}

/// A code that was given out, between the authorization and the token endpoint: a record to be kept under the hash of
/// the code. Whether it was used stands beside it, set by one statement that can succeed once.
public struct AuthorizationCode: Sendable, Hashable, Codable {
    /// How long one is good, in seconds: the 60 of FAPI 2.0 §5.3.2.1.
    public static let lifetime: Int64 = 60

    public let request: AuthorizationRequest
    public let grantID: String
    public let subject: String
    /// What was consented to and left by policy.
    public let scope: ScopeSet
    public let resources: [String]
    public let authentication: Authentication
    /// Seconds since 1970.
    public let expiresAt: Int64

    /// A code for somebody who is signed in and consented.
    public init(
        _ request: AuthorizationRequest, grantID: String, subject: String, scope: ScopeSet, resources: [String],
        authentication: Authentication, now: Int64
    ) {
        self.request = request.answered
        self.grantID = grantID
        self.subject = subject
        self.scope = request.scope.intersection(scope)
        self.resources = request.resources.filter { Texts.holds(resources, $0) }
        self.authentication = authentication
        expiresAt = now + Self.lifetime
    }

    /// What becomes of a redemption.
    public enum Outcome: Sendable, Hashable {
        /// Tokens are made of the grant, once the code was marked as used; if somebody was faster, it was a replay.
        case granted(TokenGrant)
        /// The code was redeemed before: every token of the grant is revoked (RFC 9700 §4.5), for one of the two who
        /// had the code is a thief.
        case replayed(revoking: String, OAuthError)
        case refused(OAuthError)
    }

    /// Decides a redemption by an authenticated client.
    ///
    /// - Parameters:
    ///   - wasUsed: the code was redeemed before.
    ///   - binding: what the request proves, and the tokens will be bound to.
    public func redeem(
        _ redemption: CodeRedemption, wasUsed: Bool, by client: AuthenticatedClient, binding: SenderBinding, now: Int64
    ) -> Outcome {
        // Another client's code says nothing, and does nothing: whoever shows it has no say over the grant.
        guard Texts.same(request.clientID, client.metadata.clientID) else {
            return .refused(.unknownGrant)
        }
        guard !wasUsed else { return .replayed(revoking: grantID, .grant("the code was used before")) }
        do {
            try check(redemption, binding: binding, now: now)
            let resources = try ResourceIndicators.narrowed(redemption.parameters, granted: resources)
            return .granted(grant(resources, binding))
        } catch {
            return .refused(error)
        }
    }

    private func check(_ redemption: CodeRedemption, binding: SenderBinding, now: Int64) throws(OAuthError) {
        guard now < expiresAt else { throw .grant("the code has expired") }
        try checkRedirectURI(redemption)
        try checkProofKey(redemption)
        // RFC 9449 §10: the key was named when the code was asked for.
        if let thumbprint = request.dpopThumbprint, !SHA256Text.same(thumbprint, binding.keyThumbprint) {
            throw OAuthError(.invalidGrant, "the code is bound to another key")
        }
    }

    /// RFC 6749 §4.1.3 wants it repeated; OAuth 2.1 lets it be left out where PKCE does its work.
    private func checkRedirectURI(_ redemption: CodeRedemption) throws(OAuthError) {
        guard let uri = redemption.redirectURI else {
            guard request.codeChallenge != nil else { throw .grant("redirect_uri is missing") }
            return
        }
        guard Texts.same(uri, request.redirectURI) else { throw .grant("redirect_uri is another one") }
    }

    /// RFC 9700 §2.1.1 and §4.8.2: a verifier for a code that has no challenge was asked for by somebody else.
    private func checkProofKey(_ redemption: CodeRedemption) throws(OAuthError) {
        switch (request.codeChallenge, redemption.verifier) {
        case (nil, nil): break
        case (nil, .some): throw .grant("the code was asked for without code_challenge")
        case (.some, nil): throw .grant("code_verifier is missing")
        case (let challenge?, let verifier?):
            guard ProofKey.proves(verifier, challenge) else { throw .grant("code_verifier is wrong") }
        }
    }

    private func grant(_ resources: [String], _ binding: SenderBinding) -> TokenGrant {
        TokenGrant(
            grantID: grantID, clientID: request.clientID, subject: subject, scope: scope, resources: resources,
            authentication: authentication, nonce: request.nonce, claims: request.claims, binding: binding)
    }
}
