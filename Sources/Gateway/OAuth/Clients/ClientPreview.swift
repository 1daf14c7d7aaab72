import Governance
import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// What a client would get of a person, without anybody signing in: for whoever writes its claims and the rules about it.
public struct ClientPreview: Sendable {
    /// Whether policy lets the person in; asked without a sign-in, so a rule that wants a stronger one is named here.
    public let mayEnter: Bool
    /// Why not, as reason codes.
    public let reasons: [String]
    /// What policy leaves of what was asked for.
    public let scope: ScopeSet
    /// Reason codes by the scope that they took away.
    public let refused: [String: String]
    /// The claims of each, as they would be now.
    public let idToken: JSONObject
    public let userInfo: JSONObject
    public let accessToken: JSONObject
}

extension Gateway {
    /// Shows what a client would get. Nothing is issued, and nobody is signed in.
    ///
    /// - Parameter scope: what the client would ask for; everything it may where this is nil.
    /// - Throws: `not_found` for somebody who is not here or may not sign in.
    public func preview(
        _ client: OAuthClient, of person: PersonID, scope: ScopeSet?
    ) async throws -> ClientPreview {
        let policy = ScopePolicy(decisions: decisions)
        let subject = Subject.person(person)
        let entry = try await policy.refusal(ofEntry: subject, to: client)
        let asked = (scope ?? client.metadata.scope).intersection(client.metadata.scope)
        let left = try await policy.narrow(asked, [], for: subject, of: client)
        let now = clock()
        let sub = try await store.read { try SubjectNames.known(person, for: client, $0) }
        let tokens = TokenGrant(
            grantID: "preview", clientID: client.name, subject: sub ?? "", scope: left.scope, resources: [],
            authentication: Authentication(
                time: now.seconds, acr: AuthenticationStrength.aal1.acr, amr: [AuthenticationMethod.password.rawValue]),
            binding: .none)
        let issuer = TokenIssuer(issuer: tenants.publicURL(of: client.tenant))
        let lifetime = configuration.oauth.accessTokenLifetime.components.seconds
        let profile = try await claims.idTokenClaims(of: person, for: client, tokens)
        let extra = try await claims.accessClaims(of: person, for: client, tokens)
        guard let userInfo = try await opened(person, client, tokens) else { throw Fault.notFound("person") }
        return ClientPreview(
            mayEnter: entry == nil, reasons: entry?.reasons ?? [], scope: left.scope, refused: left.refused,
            idToken: tokens.issuesIDToken
                ? try issuer.idToken(
                    tokens, profile: profile, accessToken: nil, algorithm: client.metadata.idTokenAlgorithm,
                    lifetime: lifetime, now: now.seconds) : [:],
            userInfo: userInfo,
            accessToken: issuer.accessToken(tokens, id: "preview", extra: extra, lifetime: lifetime, now: now.seconds))
    }

    /// Userinfo is there for OpenID Connect alone.
    private func opened(
        _ person: PersonID, _ client: OAuthClient, _ tokens: TokenGrant
    ) async throws -> JSONObject? {
        guard tokens.scope.contains("openid") else { return [:] }
        return try await claims.userInfo(of: person, for: client, tokens)
    }
}
