import Authorization
import Governance
import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// What tokens and userinfo say of a person: standard claims by scope (OpenID Connect Core §5.4), and those that a client
/// is configured to get.
public struct ClaimReader: Sendable {
    let store: Store
    let resolver: SubjectResolver
    let access: AssignmentService
    let scopes: [String: ScopeConfiguration]

    /// The standard claims that are known of people here, for discovery.
    public static let standard = [
        "sub", "name", "given_name", "family_name", "preferred_username", "email", "locale", "updated_at",
    ]

    /// Everything about a person that this client may get to know somewhere.
    private struct Known {
        let person: Person
        let roles: [String]
        let groups: [String]
    }

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

    /// What there is of a person from one source, as a text; nil where there is none, or several.
    func text(
        _ source: ClaimSource, of id: PersonID, in tenant: TenantID, isStrong: Bool
    ) async throws -> String? {
        guard let known = try await known(id, tenant, isStrong: isStrong) else { return nil }
        return try await value(of: source, known, tenant)?.text
    }

    private func opened(_ tokens: TokenGrant) -> Set<String> {
        UserInfo.names(tokens, extra: Dictionary(uniqueKeysWithValues: scopes.map { ($0.key, $0.value.claims) }))
    }

    private func known(_ id: PersonID, _ tenant: TenantID, _ tokens: TokenGrant) async throws -> Known? {
        let strength = (tokens.authentication?.acr).flatMap(AuthenticationStrength.init(acr:))
        return try await known(id, tenant, isStrong: strength.map { $0 >= .aal2 } ?? false)
    }

    private func known(_ id: PersonID, _ tenant: TenantID, isStrong: Bool) async throws -> Known? {
        guard let resolved = try await resolver.resolve(.person(id), in: tenant, isStrong: isStrong),
            resolved.isActive, let person = try await store.read({ try $0.person(id, in: tenant) })
        else { return nil }
        let authorization = try await resolver.table.snapshot(of: tenant)
        return Known(
            person: person,
            roles: authorization.index.roles.effectiveRoles(resolved.roleIDs)
                .compactMap { authorization.roles[$0]?.name }.sorted(),
            groups: resolved.groups.compactMap { authorization.groups[$0]?.name }.sorted())
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
        _ sources: [String: ClaimSource], of known: Known, to claims: inout JSONObject, _ tenant: TenantID
    ) async throws {
        for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
            if let value = try await value(of: source, known, tenant) { claims[name] = value }
        }
    }

    private func value(of source: ClaimSource, _ known: Known, _ tenant: TenantID) async throws -> JSONValue? {
        let person = known.person
        switch source {
        case .login: return .string(person.login)
        case .name: return person.displayName.map(JSONValue.string)
        case .givenName: return person.givenName.map(JSONValue.string)
        case .familyName: return person.familyName.map(JSONValue.string)
        case .mail: return person.mail.map(JSONValue.string)
        case .locale: return person.locale.map(JSONValue.string)
        case .department: return person.department.map(JSONValue.string)
        case .organizationUnit: return person.organizationUnit.map { .string($0.description) }
        case .manager: return person.manager.map { .string($0.description) }
        case .roles: return .array(known.roles.map(JSONValue.string))
        case .groups: return .array(known.groups.map(JSONValue.string))
        case .entitlements:
            let names = try await access.effectiveNames(of: .person(person.id), in: tenant)
            return .array(names.map(JSONValue.string))
        case .attribute(let name): return person.attributes[name].map(JSONValue.init)
        }
    }
}
