import JOSE

/// Which claims about a person go where (OpenID Connect Core §5.3 to §5.5).
public enum UserInfo {
    /// The claims that a scope stands for (§5.4).
    public static let scopeClaims: [String: [String]] = [
        "profile": [
            "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
            "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
        ],
        "email": ["email", "email_verified"], "address": ["address"],
        "phone": ["phone_number", "phone_number_verified"],
    ]

    /// The names of the claims that a grant opens at userinfo.
    ///
    /// - Parameter extra: what scopes of the server's own stand for.
    public static func names(_ grant: TokenGrant, extra: [String: [String]] = [:]) -> Set<String> {
        var names = Set(grant.claims.userInfo.map(\.name))
        for scope in grant.scope.names { names.formUnion(scopeClaims[scope] ?? extra[scope] ?? []) }
        return names
    }

    /// The names of the claims that go into the ID token: those asked for there, and no others, because userinfo is
    /// where scopes lead (§5.4).
    public static func idTokenNames(_ grant: TokenGrant) -> Set<String> { Set(grant.claims.idToken.map(\.name)) }

    /// The answer at userinfo: the subject, and of what is known of the person what was opened.
    ///
    /// - Throws: `insufficient_scope` for a token without `openid` (§5.3), and for one that is nobody's.
    public static func answer(_ grant: TokenGrant, person: JSONObject, extra: [String: [String]] = [:])
        throws(OAuthError) -> JSONObject
    {
        guard let subject = grant.subject, grant.scope.contains("openid") else {
            throw OAuthError(.insufficientScope, "userinfo needs the scope openid")
        }
        var json: JSONObject = ["sub": .string(subject)]
        json.add(selected(person, names(grant, extra: extra)), without: TokenIssuer.reserved)
        return json
    }

    /// The members of what is known that have one of the names.
    public static func selected(_ person: JSONObject, _ names: Set<String>) -> JSONObject {
        var selected = JSONObject()
        for name in person.names where names.contains(name) { selected[name] = person[name] }
        return selected
    }

    /// The claims of a signed answer (§5.3.2), for `typ` `JWT`.
    public static func signed(_ answer: JSONObject, issuer: String, clientID: String) -> JSONObject {
        var claims: JSONObject = ["iss": .string(issuer), "aud": .string(clientID)]
        claims.add(answer, without: ["iss", "aud"])
        return claims
    }
}
