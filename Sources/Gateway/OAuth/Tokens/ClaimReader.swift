import Identity
import JOSE
import OAuth
import Vocabulary

/// What tokens and userinfo say of a person: standard claims by scope (OpenID Connect Core §5.4), and those that a client
/// is configured to get.
public struct ClaimReader: Sendable {
    let people: KnownPersonReader
    let scopes: [String: ScopeConfiguration]

    /// The standard claims that are known of people here, for discovery.
    public static let standard = [
        "sub", "name", "given_name", "family_name", "preferred_username", "email", "locale", "updated_at",
    ]

    /// The claims that a grant opens at userinfo, those of the client's own configuration included; nil for somebody who is
    /// gone or disabled.
    func userInfo(of id: PersonID, for client: OAuthClient, _ tokens: TokenGrant) async throws -> JSONObject? {
        guard let known = try await known(id, client.tenant, tokens) else { return nil }
        var all = Self.standard(known.person)
        for name in opened(tokens) where all[name] == nil {
            if let value = known.person.attributes[name] { all[name] = JSONValue(value) }
        }
        try await add(client.settings.claims, of: known, to: &all, client.tenant)
        let own = Dictionary(uniqueKeysWithValues: scopes.map { ($0.key, $0.value.claims) })
        var answer = try UserInfo.answer(tokens, person: all, extra: own)
        for name in client.settings.claims.keys where answer[name] == nil { answer[name] = all[name] }
        return answer
    }

    /// The claims that were asked for in the ID token, and the client's own.
    func idTokenClaims(of id: PersonID, for client: OAuthClient, _ tokens: TokenGrant) async throws -> JSONObject {
        guard let known = try await known(id, client.tenant, tokens) else { return [:] }
        let standard = Self.standard(known.person)
        var claims = JSONObject()
        for name in UserInfo.idTokenNames(tokens).sorted() { claims[name] = standard[name] }
        try await add(client.settings.claims, of: known, to: &claims, client.tenant)
        return claims
    }

    /// The client's own claims, for whoever verifies its access tokens alone (RFC 9068 §2.2.3).
    func accessClaims(of id: PersonID?, for client: OAuthClient, _ tokens: TokenGrant) async throws -> JSONObject {
        guard let id, !client.settings.claims.isEmpty, let known = try await known(id, client.tenant, tokens) else {
            return [:]
        }
        var claims = JSONObject()
        try await add(client.settings.claims, of: known, to: &claims, client.tenant)
        return claims
    }

    private func opened(_ tokens: TokenGrant) -> Set<String> {
        UserInfo.names(tokens, extra: Dictionary(uniqueKeysWithValues: scopes.map { ($0.key, $0.value.claims) }))
    }

    private func known(_ id: PersonID, _ tenant: TenantID, _ tokens: TokenGrant) async throws -> KnownPerson? {
        let isStrong = (tokens.authentication?.acr).flatMap(AuthenticationStrength.init(acr:)).map { $0 >= .aal2 }
        return try await people.facts(of: id, in: tenant, isStrong: isStrong ?? false)
    }

    /// `email_verified` is left out: a directory says what somebody's address is, and nobody here has tried it.
    private static func standard(_ person: Person) -> JSONObject {
        var claims: JSONObject = [
            "preferred_username": .string(person.login), "updated_at": .integer(person.updatedAt.seconds),
        ]
        for (name, value) in [
            ("name", person.displayName), ("given_name", person.givenName), ("family_name", person.familyName),
            ("email", person.mail), ("locale", person.locale),
        ] {
            if let value, !value.isEmpty { claims[name] = .string(value) }
        }
        return claims
    }

    private func add(
        _ sources: [String: ClaimSource], of known: KnownPerson, to claims: inout JSONObject, _ tenant: TenantID
    ) async throws {
        for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
            if let value = try await people.value(of: source, known, in: tenant) { claims[name] = value }
        }
    }
}
