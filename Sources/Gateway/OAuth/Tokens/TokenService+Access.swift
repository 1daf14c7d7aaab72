import Identity
import OAuth
import Vocabulary

/// An access token that was shown to a protected application and is good there, and who stands behind it.
public struct TokenAccess: Sendable {
    public let principal: Principal
    /// The client that shows it, by its `client_id`.
    public let client: String
    public let scope: ScopeSet
    /// The session it hangs on; nil for one that outlives sessions, and for a client's own.
    public let session: Session?
    /// `Authorization` as it was shown.
    public let authorization: SecretText
}

extension TokenService {
    /// Whom a request to a protected application comes from, by the access token that it shows: one of this tenant's own,
    /// alive, for this very resource (RFC 8707 §2), and with every proof that it is bound to.
    ///
    /// - Parameter spends: whether a proof of possession is used up.
    /// - Returns: nil when the request shows no token at all.
    /// - Throws: `OAuthError` for the challenge: `invalid_request`, `invalid_token`, `invalid_dpop_proof`,
    ///   `use_dpop_nonce`.
    public func access(
        _ call: ResourceCall, to resource: ResourceConfiguration, of application: ApplicationID, spends: Bool = true
    ) async throws -> TokenAccess? {
        let shown = try AuthorizationHeader.read(call.authorization, hasQueryToken: call.hasQueryToken)
        guard let shown else { return nil }
        guard let found = try await find(shown.token, in: call.tenant), !found.isRefreshToken,
            found.grant.resources.contains(resource.identifier),
            let bearer = bearer(of: found, application, in: call.tenant)
        else { throw OAuthError(.invalidToken, "the token is unknown, has ended, or is not for this resource") }
        if resource.requiresDPoP, found.grant.binding.keyThumbprint == nil {
            throw OAuthError(.invalidToken, "the resource takes tokens that are bound to a key")
        }
        try await prove(found.grant.binding, shown, call, spends: spends)
        return TokenAccess(
            principal: bearer.principal, client: found.grant.clientID, scope: found.grant.scope,
            session: bearer.session, authorization: SecretText(call.authorization.first ?? ""))
    }

    /// Who stands behind a live token: the person who granted it, proven as they were then, or the account that its client
    /// acts as.
    private func bearer(
        of found: Introspection.Live, _ application: ApplicationID, in tenant: TenantID
    ) -> (principal: Principal, session: Session?)? {
        guard let id = AuthorizationGrantID(found.grant.grantID) else {
            return account(of: found, application, in: tenant).map { ($0, nil) }
        }
        guard let grant = grants.grant(id, in: tenant, at: clock()), let person = grant.person else { return nil }
        let session = grant.session.flatMap { live.session($0) }
        let principal = Principal(
            tenant: tenant, subject: .person(person), credential: .grant(id), provider: session?.provider,
            events: found.grant.authentication?.events(of: session?.provider) ?? [], audience: application,
            anomalies: session?.anomalies ?? [])
        return (principal, session)
    }

    private func account(
        of found: Introspection.Live, _ application: ApplicationID, in tenant: TenantID
    ) -> Principal? {
        guard found.grant.grantID == Self.ownName, let client = clients.client(found.grant.clientID, in: tenant),
            let account = client.settings.serviceAccount
        else { return nil }
        // As an API key: one secret that a program holds.
        let proof = AuthenticationEvent(method: .apiKey, provider: nil, at: Timestamp(seconds: found.issuedAt))
        return Principal(
            tenant: tenant, subject: .serviceAccount(account), credential: .client(client.id), provider: nil,
            events: [proof], audience: application)
    }
}

extension Authentication {
    /// The proofs that a token tells of. A later one in the same session is not among them: that is in the next token.
    fileprivate func events(of provider: ProviderID?) -> [AuthenticationEvent] {
        var methods: [AuthenticationMethod] = []
        for method in amr.compactMap(AuthenticationMethod.init) where !methods.contains(method) {
            methods.append(method)
        }
        return methods.map { AuthenticationEvent(method: $0, provider: provider, at: Timestamp(seconds: time)) }
    }
}
