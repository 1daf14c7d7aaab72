/// An operator's token that is believed, because the caller knows the key that signed it.
public struct TrustedOperator: Sendable {
    public let token: NATSToken
    public let claims: OperatorClaims

    /// Believes an operator's token.
    ///
    /// - Parameters:
    ///   - keys: the operator's key, and its signing keys where the token may be signed by one: a signing key that only the
    ///     token itself names proves nothing.
    ///   - now: in seconds since 1970.
    /// - Throws: `NATSFault`: `unsupported_type`, `wrong_issuer`, `expired`, `not_yet_valid`, or what is wrong with the claims.
    public init(_ token: NATSToken, trusting keys: [NKey], now: Int64) throws {
        guard case .operator(let claims) = token.claims else { throw token.isNo("operator") }
        guard keys.contains(token.issuer), keys.contains(claims.common.subject) else {
            throw NATSFault(.wrongIssuer, "iss", "is not trusted", "Compare the operator's key with the one you know.")
        }
        try token.requireSound(at: now)
        self.token = token
        self.claims = claims
    }

    /// Believes an account's token, if this operator signed it.
    ///
    /// - Parameter now: in seconds since 1970.
    /// - Throws: `NATSFault`: `unsupported_type`, `wrong_issuer`, `expired`, `not_yet_valid`, or what is wrong with the claims.
    public func account(_ token: NATSToken, now: Int64) throws -> TrustedAccount {
        guard case .account(let claims) = token.claims else { throw token.isNo("account") }
        guard isSigner(token.issuer) else {
            throw NATSFault(
                .wrongIssuer, "iss", "is no key that signs accounts of this operator",
                claims.common.name.isEmpty
                    ? "Let the operator sign it." : "Let the operator sign \(quoted(claims.common.name)).")
        }
        try token.requireSound(at: now)
        return TrustedAccount(token: token, claims: claims, isStrict: self.claims.strictSigningKeys)
    }

    private func isSigner(_ key: NKey) -> Bool {
        claims.signingKeys.contains(key) || (key == claims.common.subject && !claims.strictSigningKeys)
    }
}

extension NATSToken {
    func isNo(_ type: String) -> NATSFault {
        NATSFault(
            .unsupportedType, "nats.type", "is \(claims.type)",
            "The token of \(type == "user" ? "a" : "an") \(type) belongs there.")
    }

    /// Whether it holds now, and says nothing that servers would refuse.
    func requireSound(at now: Int64) throws {
        if let fault = claims.common.fault(at: now) { throw fault }
        if let fault = claims.faults().first(where: { $0.severity == .blocking }) { throw fault }
    }
}
