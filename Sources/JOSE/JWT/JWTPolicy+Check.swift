extension JWTPolicy {
    /// Holds a verified token to this policy.
    ///
    /// - Throws: `JOSEError` with the first thing that is wrong.
    func check(_ header: JOSEHeader, _ claims: JWTClaims, now: NumericDate) throws {
        try checkType(header)
        for name in requiredClaims.sorted() where claims[name] == nil { throw JOSEError(.missingClaim, name) }
        try checkIssuer(claims)
        try checkAudience(claims)
        try checkAuthorizedParty(claims)
        if let subject { try require(claims.subject, subject, "sub", .wrongSubject) }
        if let nonce { try require(claims.nonce, nonce, "nonce", .wrongNonce) }
        try checkTimes(claims, now)
        try checkDurations(claims, now)
    }

    private func checkType(_ header: JOSEHeader) throws {
        // What is not signed says nothing of what was signed.
        let isProtected = header.type == nil || header.protectedNames.contains("typ")
        let fits =
            switch type {
            case .exactly(let type): header.hasType(type)
            case .oneOf(let types): types.contains(where: header.hasType)
            case .absentOr(let type): header.type == nil || header.hasType(type)
            case .unchecked: true
            }
        guard fits, isProtected else { throw JOSEError(.wrongType, "typ") }
    }

    private func checkIssuer(_ claims: JWTClaims) throws {
        let accepted: [String]
        switch issuer {
        case .exactly(let issuer): accepted = [issuer]
        case .oneOf(let issuers): accepted = issuers
        case .unchecked: return
        }
        guard let issuer = claims.issuer else { throw JOSEError(.missingClaim, "iss") }
        guard accepted.contains(where: { isIdentical($0, issuer) }) else { throw JOSEError(.wrongIssuer, "iss") }
    }

    private func checkAudience(_ claims: JWTClaims) throws {
        func names(_ audience: String) -> Bool { claims.audience.contains { isIdentical($0, audience) } }
        if audience != .unchecked, claims.audience.isEmpty { throw JOSEError(.missingClaim, "aud") }
        let fits =
            switch audience {
            case .contains(let audience): names(audience)
            case .containsOneOf(let audiences): audiences.contains(where: names)
            case .only(let audience): !claims.isAudienceList && names(audience)
            case .unchecked: true
            }
        guard fits else { throw JOSEError(.wrongAudience, "aud") }
    }

    private func checkAuthorizedParty(_ claims: JWTClaims) throws {
        guard let authorizedParty else { return }
        guard let party = claims.authorizedParty else {
            guard claims.audience.count <= 1 else { throw JOSEError(.missingClaim, "azp") }
            return
        }
        guard isIdentical(party, authorizedParty) else { throw JOSEError(.wrongAuthorizedParty, "azp") }
    }

    private func require(
        _ value: String?, _ expected: String, _ name: String, _ reason: JOSEError.Reason
    ) throws {
        guard let value else { throw JOSEError(.missingClaim, name) }
        guard isIdentical(value, expected) else { throw JOSEError(reason, name) }
    }

    /// RFC 7519 §4.1.4: on or after `exp` it is no longer accepted.
    private func checkTimes(_ claims: JWTClaims, _ now: NumericDate) throws {
        if let expiresAt = claims.expiresAt, now >= expiresAt.adding(clockSkew) { throw JOSEError(.expired, "exp") }
        if let notBefore = claims.notBefore, now.adding(clockSkew) < notBefore { throw JOSEError(.notYetValid, "nbf") }
        if let issuedAt = claims.issuedAt, now.adding(clockSkew) < issuedAt { throw JOSEError(.issuedInFuture, "iat") }
    }

    private func checkDurations(_ claims: JWTClaims, _ now: NumericDate) throws {
        if let maximumAge {
            guard let issuedAt = claims.issuedAt else { throw JOSEError(.missingClaim, "iat") }
            let age = now.seconds(since: issuedAt.adding(clockSkew))
            guard age <= maximumAge else { throw JOSEError(.tooOld, "iat") }
        }
        if let maximumLifetime {
            guard let expiresAt = claims.expiresAt else { throw JOSEError(.missingClaim, "exp") }
            guard let start = claims.issuedAt ?? claims.notBefore else { throw JOSEError(.missingClaim, "iat") }
            guard expiresAt.seconds(since: start) <= maximumLifetime else { throw JOSEError(.livesTooLong, "exp") }
        }
    }
}
