import JOSE

/// An ID token of a provider that passed every check of OpenID Connect Core §3.1.3.7. Only `verify` makes one.
public struct VerifiedIDToken: Sendable {
    public let issuer: String
    public let subject: String
    /// `sid`.
    public let sessionID: String?
    public let claims: JWTClaims

    /// No longer token is read, in bytes.
    public static let byteLimit = 65_536
    /// How far the provider's clock may be off, in seconds.
    public static let clockSkew: Int64 = 60
    /// How old `iat` may be, in seconds: the token has just been fetched.
    public static let maximumAge: Int64 = 600
    /// OpenID Connect Core §2: no longer subject.
    public static let subjectByteLimit = 255

    /// Verifies the token of a login.
    ///
    /// - Parameters:
    ///   - accessToken: the token beside it, held to `at_hash`.
    ///   - code: the code it was fetched for, held to `c_hash`.
    /// - Throws: `unknown_key` when another set of keys may help; `foreign_tenant`, `insufficient_authentication`,
    ///   `invalid_id_token` with the check that failed.
    public static func verify(
        _ token: String, of attempt: UpstreamAttempt, client: UpstreamClient, keys: JSONWebKeySet,
        accessToken: String, code: String, now: Int64
    ) throws(UpstreamFault) -> VerifiedIDToken {
        guard let nonce = attempt.nonce else { throw UpstreamFault(.invalidIDToken, "no nonce was sent") }
        let verified = try signed(token, client: client, keys: keys, nonce: nonce, now: now)
        do {
            // Fail closed: with an algorithm whose hash is not known, JOSE refused the token before.
            try HashClaim.check("at_hash", of: verified, against: accessToken)
            try HashClaim.check("c_hash", of: verified, against: code)
        } catch {
            throw UpstreamFault(.invalidIDToken, "\(error)")
        }
        try checkAuthentication(verified.claims, attempt, now)
        return try VerifiedIDToken(verified.claims)
    }

    /// Verifies the token that came with a refresh (§12.2): of the same issuer and person as the one before.
    public static func verifyRefreshed(
        _ token: String, before: VerifiedIDToken, client: UpstreamClient, keys: JSONWebKeySet, accessToken: String,
        now: Int64
    ) throws(UpstreamFault) -> VerifiedIDToken {
        try verifyRefreshed(
            token, of: (before.issuer, before.subject), client: client, keys: keys, accessToken: accessToken, now: now)
    }

    /// The same by the names alone, of a token that was verified when it came and is not kept.
    public static func verifyRefreshed(
        _ token: String, of before: (issuer: String, subject: String), client: UpstreamClient, keys: JSONWebKeySet,
        accessToken: String, now: Int64
    ) throws(UpstreamFault) -> VerifiedIDToken {
        let verified = try signed(token, client: client, keys: keys, nonce: nil, now: now)
        do {
            try HashClaim.check("at_hash", of: verified, against: accessToken)
        } catch {
            throw UpstreamFault(.invalidIDToken, "\(error)")
        }
        let refreshed = try VerifiedIDToken(verified.claims)
        guard Texts.same(refreshed.issuer, before.issuer), Texts.same(refreshed.subject, before.subject) else {
            throw UpstreamFault(.invalidIDToken, "sub")
        }
        return refreshed
    }

    private static func signed(
        _ token: String, client: UpstreamClient, keys: JSONWebKeySet, nonce: String?, now: Int64
    ) throws(UpstreamFault) -> VerifiedJWT {
        guard let rule = client.issuer else { throw UpstreamFault(.invalidIDToken, "the provider has none") }
        guard token.utf8.count <= byteLimit else { throw UpstreamFault(.invalidIDToken, "too long") }
        // The tenant says which issuer to expect; the list says whether it may, and the signature whether it is true.
        let tenant = (try? JWT.unverifiedClaims(of: token))?["tid"]?.text
        var policy = JWTPolicy(
            issuer: .exactly(try rule.expected(tenant: tenant)), audience: .contains(client.clientID),
            type: .absentOr("JWT"), nonce: nonce, requiredClaims: ["exp", "iat", "sub", "iss", "aud"],
            clockSkew: clockSkew)
        policy.algorithms = client.algorithms.filter { !$0.isSymmetric }
        policy.authorizedParty = client.clientID
        policy.maximumAge = maximumAge
        do {
            let verified = try JWT.verify(token, with: keys, policy: policy, now: NumericDate(seconds: now))
            try checkRequired(verified.claims, client)
            return verified
        } catch let error as UpstreamFault {
            throw error
        } catch let error as JOSEError where error.reason == .unknownKey {
            throw UpstreamFault(.unknownKey, "\(error)")
        } catch {
            throw UpstreamFault(.invalidIDToken, "\(error)")
        }
    }

    private static func checkRequired(_ claims: JWTClaims, _ client: UpstreamClient) throws(UpstreamFault) {
        for (name, text) in client.requiredClaims {
            guard let own = claims[name]?.text, Texts.same(own, text) else { throw UpstreamFault(.foreignTenant, name) }
        }
    }

    /// Points 12 and 13: what was asked for has to be answered.
    private static func checkAuthentication(_ claims: JWTClaims, _ attempt: UpstreamAttempt, _ now: Int64)
        throws(UpstreamFault)
    {
        if let maxAge = attempt.maxAge {
            guard let time = claims.authenticatedAt,
                NumericDate(seconds: now).seconds(since: time) <= maxAge + clockSkew
            else { throw UpstreamFault(.insufficientAuthentication, "auth_time") }
        }
        guard !attempt.acrValues.isEmpty else { return }
        guard let acr = claims.authenticationContext, Texts.holds(attempt.acrValues, acr) else {
            throw UpstreamFault(.insufficientAuthentication, "acr")
        }
    }

    private init(_ claims: JWTClaims) throws(UpstreamFault) {
        guard let issuer = claims.issuer, let subject = claims.subject, !subject.isEmpty,
            subject.utf8.count <= Self.subjectByteLimit
        else { throw UpstreamFault(.invalidIDToken, "sub") }
        self.issuer = issuer
        self.subject = subject
        self.claims = claims
        sessionID = claims["sid"]?.text
    }
}
