/// An account's token that is believed; only a `TrustedOperator` makes one.
public struct TrustedAccount: Sendable {
    public let token: NATSToken
    public let claims: AccountClaims
    /// Whether its own key signs nothing.
    let isStrict: Bool

    /// Believes a user's token as a server does, if this account issued it, did not revoke it, and allows what it says.
    ///
    /// What a server checks beside it is left to it: the network and the time of day that a user comes from.
    /// - Parameter now: in seconds since 1970.
    /// - Throws: `NATSFault`: `unsupported_type`, `wrong_issuer`, `scope_violated`, `bearer_refused`, `revoked`, `expired`,
    ///   `not_yet_valid`, or what is wrong with the claims.
    public func user(_ token: NATSToken, now: Int64) throws -> TrustedUser {
        guard case .user(let claims) = token.claims else { throw token.isNo("user") }
        guard let signer = signer(of: token) else {
            throw NATSFault(
                .wrongIssuer, "iss", "is no key that signs users of this account",
                "Let the account sign it, or one of its signing keys.")
        }
        // The account's own bounds hold for its users.
        if let fault = self.claims.common.fault(at: now) { throw fault }
        try token.requireSound(at: now)
        let rights = try effectiveRights(claims, signer)
        guard !rights.bearerToken || !self.claims.limits.refusesBearerTokens else {
            throw NATSFault(.bearerRefused, "nats.bearer_token", "is not allowed here", "Issue a token with a seed.")
        }
        guard !self.claims.revocations.cover(claims.common.subject, issuedAt: token.issuedAt) else {
            throw NATSFault(.revoked, "iat", "is not after what was revoked", "Issue a new token, if that is meant.")
        }
        return TrustedUser(token: token, claims: claims, rights: rights)
    }

    /// Believes an activation that this account issued.
    ///
    /// - Parameter now: in seconds since 1970.
    /// - Throws: `NATSFault`: `unsupported_type`, `wrong_issuer`, `expired`, `not_yet_valid`, or what is wrong with the claims.
    public func activation(_ token: NATSToken, now: Int64) throws -> ActivationClaims {
        guard case .activation(let claims) = token.claims else { throw token.isNo("activation") }
        // A scoped key issues users, and nothing else.
        guard case .plain? = signer(of: token) else {
            throw NATSFault(.wrongIssuer, "iss", "is no key that signs for this account", "Let the account sign it.")
        }
        try token.requireSound(at: now)
        return claims
    }

    private func signer(of token: NATSToken) -> AccountClaims.SigningKey? {
        guard token.account == claims.common.subject else { return nil }
        if token.issuer == claims.common.subject { return isStrict ? nil : .plain(token.issuer) }
        return claims.signingKey(token.issuer)
    }

    private func effectiveRights(_ user: UserClaims, _ signer: AccountClaims.SigningKey) throws -> UserRights {
        guard case .scoped(let scope) = signer else {
            var rights = user.rights
            if rights.subjects.isEmpty { rights.subjects = claims.defaultRights }
            return rights
        }
        guard user.rights == .ofScope else {
            throw NATSFault(
                .scopeViolated, "nats", "has rights of its own",
                "The key that signed it has the rights: leave them out.")
        }
        return try scope.template.filled(for: user.common, in: claims.common)
    }
}

/// A user's token that is believed; only a `TrustedAccount` makes one.
public struct TrustedUser: Sendable {
    public let token: NATSToken
    public let claims: UserClaims
    /// What the user may do: what the token says, or the account's defaults, or the template of the key that signed it.
    public let rights: UserRights
}
