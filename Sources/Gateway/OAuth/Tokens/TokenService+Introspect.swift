import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension TokenService {
    /// Whether everything a grant hangs on is there: its session, its client, its person.
    func isAlive(_ grant: LiveGrant, at now: Timestamp) -> Bool {
        guard grant.expiresAt > now, clients.client(grant.client).map({ !$0.isDisabled }) ?? false else { return false }
        guard let session = grant.session else { return true }
        return live.session(session).map { !$0.isExpired(at: now) } ?? false
    }

    private func isAlive(_ id: AuthorizationGrantID?, _ client: ClientID, in tenant: TenantID, at now: Timestamp)
        -> Bool
    {
        if let id { return grants.grant(id, in: tenant, at: now).map { isAlive($0, at: now) } ?? false }
        guard let client = clients.client(client), !client.isDisabled, let account = client.settings.serviceAccount
        else { return false }
        return !live.isDisabled(account)
    }

    /// What a token is, while it is live: opaque ones and refresh tokens by their hash, signed ones by their signature and
    /// by the grant they name.
    func find(_ text: String, in tenant: TenantID) async throws -> Introspection.Live? {
        let now = clock()
        guard !live.isDisabled(tenant) else { return nil }
        if let token = BearerToken(text: text, kind: .accessToken) {
            guard let known = grants.token(token.hash, in: tenant, at: now),
                isAlive(known.grant, known.client, in: tenant, at: now)
            else { return nil }
            return Introspection.Live(
                grant: known.tokens, issuedAt: known.issuedAt.seconds, expiresAt: known.expiresAt.seconds)
        }
        if let token = BearerToken(text: text, kind: .refreshToken) { return try await refresh(token, tenant, now) }
        return try await signed(text, tenant, now)
    }

    private func refresh(_ token: BearerToken, _ tenant: TenantID, _ now: Timestamp) async throws -> Introspection.Live?
    {
        let kept = try await store.read { try $0.refreshToken(token.hash, in: tenant) }
        guard let kept, !kept.wasUsed, kept.expiresAt > now,
            let grant = grants.grant(kept.grant, in: tenant, at: now), isAlive(grant, at: now)
        else { return nil }
        return Introspection.Live(
            grant: grant.tokens, issuedAt: kept.createdAt.seconds, expiresAt: kept.expiresAt.seconds,
            isRefreshToken: true)
    }

    private func signed(_ text: String, _ tenant: TenantID, _ now: Timestamp) async throws -> Introspection.Live? {
        guard text.utf8.count <= AuthorizationHeader.tokenByteLimit, text.utf8.count(where: { $0 == 0x2E }) == 2,
            let keys = keys.table.keys(of: tenant)
        else { return nil }
        let policy = JWTPolicy(
            issuer: .exactly(issuer(of: tenant)), audience: .unchecked, type: .exactly("at+jwt"),
            requiredClaims: ["exp", "sub", "client_id", "iat", "jti"])
        guard
            let verified = try? JWT.verify(
                text, with: keys.published, policy: policy, now: NumericDate(seconds: now.seconds)),
            let id = verified.claims.tokenID, !grants.isRevoked(Digests.sha256(id), at: now),
            let client = verified.claims["client_id"]?.text.flatMap({ clients.client($0, in: tenant) })
        else { return nil }
        let grant = AuthorizationGrantID(id.prefix { $0 != "." }.description)
        guard grant != nil || id.hasPrefix(Self.ownName + "."), isAlive(grant, client.id, in: tenant, at: now) else {
            return nil
        }
        return try Introspection.Live(verified.claims, grant: grant)
    }

    // MARK: RFC 7662

    /// Tells an authenticated client about a token that is its own or for it; of every other nothing.
    public func introspect(_ call: OAuthCall) async throws -> (answer: JSONObject, caller: OAuthClient) {
        let sender = try await prove(call)
        // §2.1: whoever proves nothing could try tokens until one is alive.
        guard sender.client.metadata.isConfidential else {
            throw OAuthError(.invalidClient, "introspection is for clients that authenticate")
        }
        let text = try Introspection.token(call.parameters)
        if sender.spends { try await store.write(.login) { try sender.spend(in: call.tenant, $0) } }
        let found = try await find(text, in: call.tenant)
        let answer = Introspection.answer(
            found, issuer: TokenIssuer(issuer: issuer(of: call.tenant)), to: sender.client.audiences,
            now: sender.now.seconds)
        return (answer, sender.client)
    }

    /// What there is to tell of a live token, and whose it is; nil for every other. Whoever asks was judged before.
    public func describe(_ text: String, in tenant: TenantID) async throws -> (client: String, answer: JSONObject)? {
        guard let found = try await find(text, in: tenant), !found.isRefreshToken else { return nil }
        let answer = Introspection.answer(
            found, issuer: TokenIssuer(issuer: issuer(of: tenant)), to: [found.grant.clientID], now: clock().seconds)
        return (found.grant.clientID, answer)
    }

    /// The same as a signed token (RFC 9701).
    public func signed(_ answer: JSONObject, for client: OAuthClient) async throws -> String {
        let keys = try await keys.keys(of: client.tenant)
        let algorithm = client.metadata.introspectionAlgorithm ?? client.metadata.idTokenAlgorithm
        let claims = Introspection.signed(
            answer, issuer: TokenIssuer(issuer: issuer(of: client.tenant)), to: client.name, now: clock().seconds)
        return try JWT.sign(claims, with: try signing(keys, algorithm), type: Introspection.signedType)
    }

    // MARK: RFC 7009

    /// Makes a client's own token worthless: a refresh token with all that came of its grant. Of every other token the
    /// answer is the same.
    public func revoke(_ call: OAuthCall) async throws {
        let sender = try await prove(call)
        let text = try Introspection.token(call.parameters)
        let found = try await find(text, in: call.tenant)
        let outcome = Revocation.decide(found, by: sender.proven)
        guard outcome != .nothing || sender.spends else { return }
        let caller = Caller(
            tenant: call.tenant, actor: .client(sender.client.id), command: .random(at: sender.now), trace: call.trace)
        try await store.write(.revocation) { [grants] tx in
            try sender.spend(in: call.tenant, tx)
            switch outcome {
            case .nothing: return
            case .grant(let id):
                guard let id = AuthorizationGrantID(id) else { return }
                try GrantEnding.end(.grant(id), .revoked, by: caller, grants, tx)
            case .token: try Self.revoke(text, found, sender.client, by: caller, grants, tx)
            }
        }
    }

    private static func revoke(
        _ text: String, _ found: Introspection.Live?, _ client: OAuthClient, by caller: Caller, _ grants: LiveGrants,
        _ tx: Transaction
    ) throws {
        if let token = BearerToken(text: text, kind: .accessToken) {
            guard try tx.sql.revokeAccessToken(token.hash, in: caller.tenant, at: tx.now) else { return }
            tx.afterCommit { grants.remove(token.hash) }
        } else if let found, let id = found.id {
            let (digest, expiry) = (Digests.sha256(id), Timestamp(seconds: found.expiresAt))
            guard try tx.sql.noteOnce(.revokedToken, digest, in: caller.tenant, at: tx.now, until: expiry) else {
                return
            }
            tx.afterCommit { grants.revoke(digest, until: expiry) }
        }
        try tx.append(caller.event("token.revoked", Stream("client", client.id)))
    }
}

extension Introspection.Live {
    /// What a signed access token says, which holds because its signature did.
    fileprivate init(_ claims: JWTClaims, grant: AuthorizationGrantID?) throws {
        let clientID = claims["client_id"]?.text ?? ""
        let isOwn = grant == nil
        let authentication = claims.authenticatedAt.map {
            Authentication(
                time: $0.seconds, acr: claims.authenticationContext, amr: claims.authenticationMethods,
                sessionID: claims["sid"]?.text)
        }
        let tokens = TokenGrant(
            grantID: grant?.description ?? TokenService.ownName, clientID: clientID,
            subject: isOwn ? nil : claims.subject, scope: ScopeSet(claims["scope"]?.text ?? "") ?? .empty,
            resources: claims.audience.filter { $0 != claims.issuer }, authentication: authentication,
            binding: try SenderBinding(confirmation: claims["cnf"]), actor: claims["act"].flatMap { ActorChain($0) })
        self.init(
            grant: tokens, issuedAt: claims.issuedAt?.seconds ?? 0, expiresAt: claims.expiresAt?.seconds ?? 0,
            id: claims.tokenID)
    }
}
