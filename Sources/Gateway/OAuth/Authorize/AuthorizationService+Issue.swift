import Identity
import OAuth
import Storage
import Vocabulary

extension AuthorizationService {
    /// Gives out a code: the request is used up, and the grant, the client's session and the code are written, in one
    /// transaction.
    func issue(
        _ pending: PendingAuthorization, _ session: Session, _ left: ScopePolicy.Outcome,
        _ browser: AuthorizationBrowser
    ) async throws -> AuthorizationResponse {
        let client = pending.client
        let caller = Caller(
            tenant: client.tenant, actor: .person(session.person),
            principal: ValidatedCredential.session(session).principal, command: .random(at: clock()),
            trace: browser.trace)
        let code = try Randomness.token(.authorizationCode)
        try await store.write(.login) { [self] tx in
            guard live.session(session.id).map({ !$0.isExpired(at: tx.now) }) ?? false else {
                throw OAuthError(.loginRequired, "the session has ended")
            }
            try Self.useUp(pending, tx)
            let (grant, record) = try makeGrant(pending, session, left, tx)
            try GrantIssuing.insert(grant, by: caller, live.grants, tx)
            try tx.sql.insertCode(
                code.hash, of: grant.id, record: try JSONColumn.text(of: record),
                until: Timestamp(seconds: record.expiresAt))
        }
        return .code(code.text.reveal(), to: pending.request.target(issuer: tenants.publicURL(of: client.tenant)))
    }

    private func makeGrant(
        _ pending: PendingAuthorization, _ session: Session, _ left: ScopePolicy.Outcome, _ tx: Transaction
    ) throws -> (LiveGrant, AuthorizationCode) {
        let client = pending.client
        let id = AuthorizationGrantID.random(at: tx.now)
        let subject = try SubjectNames.name(session.person, for: client, tx.sql)
        let authentication = try GrantIssuing.authentication(of: session, at: client, as: subject, tx)
        let record = AuthorizationCode(
            pending.request, grantID: id.description, subject: subject, scope: left.scope, resources: left.resources,
            authentication: authentication, now: tx.now.seconds)
        let tokens = TokenGrant(
            grantID: id.description, clientID: client.name, subject: subject, scope: record.scope,
            resources: record.resources, authentication: authentication, claims: pending.request.claims,
            binding: .none)
        return (LiveGrant(id: id, of: session, at: client, tokens, settings, now: tx.now), record)
    }
}

extension LiveGrant {
    /// What somebody's session grants a client. With a refresh token that works while they are away it outlives the session
    /// (OpenID Connect Core §11); without, it ends with it.
    init(
        id: AuthorizationGrantID, of session: Session, at client: OAuthClient, _ tokens: TokenGrant,
        _ settings: OAuthConfiguration, now: Timestamp
    ) {
        let isOffline = RefreshFamily.goes(with: tokens, client: client.metadata)
        self.init(
            id: id, tenant: client.tenant, client: client.id, person: session.person,
            session: isOffline ? nil : session.id, tokens: tokens, createdAt: now,
            expiresAt: isOffline ? now + .seconds(settings.refresh.absolute) : session.absoluteEnd)
    }
}

extension Session {
    /// When it ends, however much it is used.
    var absoluteEnd: Timestamp { createdAt + .seconds(lifetime.absoluteSeconds) }
}
