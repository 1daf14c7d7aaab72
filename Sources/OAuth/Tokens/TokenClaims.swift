import JOSE

/// What an issuer puts into the tokens of a grant.
public struct TokenIssuer: Sendable, Hashable {
    public let issuer: String

    public init(issuer: String) { self.issuer = issuer }

    /// The claims of an ID token (OpenID Connect Core §2), for `typ` `JWT`.
    ///
    /// - Parameters:
    ///   - profile: claims about the person that were asked for in the ID token; those of the protocol win over them.
    ///   - accessToken: the token beside it, whose hash goes in.
    ///   - algorithm: what the ID token will be signed with, which decides the hash.
    ///   - lifetime: in seconds.
    /// - Throws: `JOSEError` when the cryptographic library fails; `server_error` for a grant that has no ID token.
    public func idToken(
        _ grant: TokenGrant, profile: JSONObject = [:], accessToken: String?, algorithm: SignatureAlgorithm,
        lifetime: Int64, now: Int64
    ) throws -> JSONObject {
        guard let subject = grant.subject, grant.issuesIDToken else {
            throw OAuthError(.serverError, "the grant has no ID token")
        }
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": .string(subject), "aud": .string(grant.clientID),
            "azp": .string(grant.clientID), "exp": .integer(now + lifetime), "iat": .integer(now),
        ]
        if let authentication = grant.authentication { claims.add(authentication) }
        claims.set("sid", grant.authentication?.sessionID)
        claims.set("nonce", grant.nonce)
        if let accessToken {
            claims["at_hash"] = .string(try HashClaim.value(of: accessToken, algorithm: algorithm))
        }
        claims.add(profile, without: Self.reserved)
        return claims
    }

    /// The claims of an access token (RFC 9068 §2.2), for `typ` `at+jwt`.
    ///
    /// - Parameters:
    ///   - id: fresh random text.
    ///   - extra: roles, groups, entitlements; those of the protocol win over them.
    ///   - lifetime: in seconds.
    public func accessToken(
        _ grant: TokenGrant, id: String, extra: JSONObject = [:], lifetime: Int64, now: Int64
    ) -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": .string(grant.subject ?? grant.clientID),
            "aud": audience(of: grant), "client_id": .string(grant.clientID), "exp": .integer(now + lifetime),
            "iat": .integer(now), "jti": .string(id), "scope": .string(grant.scope.description),
        ]
        if let authentication = grant.authentication { claims.add(authentication) }
        claims.set("sid", grant.authentication?.sessionID)
        claims["cnf"] = grant.binding.confirmation
        claims["act"] = grant.actor?.claim
        claims.add(extra, without: Self.reserved)
        return claims
    }

    /// RFC 9068 §3: the resources asked for, else the issuer, whose userinfo it is for.
    func audience(of grant: TokenGrant) -> JSONValue {
        switch grant.resources.count {
        case 0: .string(issuer)
        case 1: .string(grant.resources[0])
        default: .texts(grant.resources)
        }
    }

    /// Names that no claim about a person may take.
    static let reserved: Set<String> = [
        "iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "auth_time", "acr", "amr", "sid", "nonce", "at_hash",
        "c_hash", "s_hash", "client_id", "scope", "cnf", "act", "may_act", "events", "active", "token_type", "username",
    ]
}

extension JSONObject {
    mutating func add(_ authentication: Authentication) {
        self["auth_time"] = .integer(authentication.time)
        set("acr", authentication.acr)
        if !authentication.amr.isEmpty { self["amr"] = .texts(authentication.amr) }
    }

    /// Adds members of another object, but for some names.
    mutating func add(_ other: JSONObject, without names: Set<String>) {
        for name in other.names where !names.contains(name) && self[name] == nil { self[name] = other[name] }
    }
}
