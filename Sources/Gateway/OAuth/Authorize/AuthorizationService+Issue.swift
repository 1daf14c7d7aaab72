import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

extension AuthorizationService {
    /// Grants that one person may have open at one client; the oldest ends where there is one more.
    static let grantLimit = 64

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
            try endOldest(of: session.person, at: client, by: caller, tx)
            try tx.sql.insert(try grant.stored)
            try tx.sql.insertCode(
                code.hash, of: grant.id, record: try JSONColumn.text(record),
                until: Timestamp(seconds: record.expiresAt))
            try tx.append(caller.event("grant.issued", Stream("grant", grant.id), facts: Self.facts(of: grant)))
            tx.afterCommit { live.grants.add(grant) }
        }
        return .code(code.text.reveal(), to: pending.request.target(issuer: tenants.publicURL(of: client.tenant)))
    }

    private func makeGrant(
        _ pending: PendingAuthorization, _ session: Session, _ left: ScopePolicy.Outcome, _ tx: Transaction
    ) throws -> (LiveGrant, AuthorizationCode) {
        let client = pending.client
        let id = AuthorizationGrantID.random(at: tx.now)
        let subject = try SubjectNames.name(session.person, for: client, tx.sql)
        let authentication = Authentication(
            of: session, sessionID: try Self.enter(client, session, as: subject, tx))
        let record = AuthorizationCode(
            pending.request, grantID: id.description, subject: subject, scope: left.scope, resources: left.resources,
            authentication: authentication, now: tx.now.seconds)
        let tokens = TokenGrant(
            grantID: id.description, clientID: client.name, subject: subject, scope: record.scope,
            resources: record.resources, authentication: authentication, claims: pending.request.claims,
            binding: .none)
        return (LiveGrant(id: id, of: session, at: client, tokens, settings, now: tx.now), record)
    }

    /// The `sid` by which the client knows the session.
    static func enter(
        _ client: OAuthClient, _ session: Session, as subject: String, _ tx: Transaction
    ) throws -> String {
        try tx.sql.enterClient(
            client.id, with: session.id, in: client.tenant, as: subject,
            fresh: Base64URL.encode(Randomness.bytes(16)), isTold: client.metadata.backchannelLogoutURI != nil,
            until: session.absoluteEnd)
    }

    private func endOldest(
        of person: PersonID, at client: OAuthClient, by caller: Caller, _ tx: Transaction
    ) throws {
        let present = live.grants.grants(of: person, in: client.tenant, at: tx.now).filter { $0.client == client.id }
        guard present.count >= Self.grantLimit, let oldest = present.first else { return }
        try GrantEnding.end(.grant(oldest.id), .superseded, by: caller, live.grants, tx)
    }

    static func facts(of grant: LiveGrant) -> [Fact] {
        var facts = [
            Fact("client", .id(grant.client, "client")),
            Fact("scopes", .list(grant.tokens.scope.names.sorted().map { .word($0) })),
        ]
        if let person = grant.person { facts.append(Fact("person", .id(person, "person"))) }
        if let session = grant.session { facts.append(Fact("session", .id(session, "session"))) }
        return facts
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
