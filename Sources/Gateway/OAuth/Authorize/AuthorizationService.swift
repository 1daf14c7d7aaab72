import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): reads what a browser brings, lets the pure
/// rules of the protocol say what has to happen next, and gives out a code when everything has.
public struct AuthorizationService: Sendable {
    let store: Store
    let live: LiveCredentials
    let tenants: TenantTable
    let clients: ClientTable
    let keys: TokenKeyService
    let settings: OAuthConfiguration
    let policy: ScopePolicy
    let servers: ClientServers
    let documents: ClientDocuments
    /// What rules say of a session that somebody uses.
    let verdict: @Sendable (Session, String?) async throws -> SessionVerdict
    let clock: @Sendable () -> Timestamp

    /// What every request of a tenant is held to.
    func rules(of tenant: TenantID) -> AuthorizationRules {
        AuthorizationRules(ofIssuer: tenants.publicURL(of: tenant))
    }

    // MARK: Requests

    /// Takes a request. One that can be answered at once leaves nothing behind.
    ///
    /// - Parameters:
    ///   - parameters: of the query, or of the body where it was posted.
    ///   - isPosted: it came by a form, perhaps of another site, with which no cookies came.
    ///   - browser: bound to a pre-session secret: what waits is this browser's.
    public func begin(
        _ parameters: Parameters, isPosted: Bool, from browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        do {
            let pending: PendingAuthorization
            switch try await read(parameters, in: browser.tenant) {
            case .answer(let answer): return answer
            case .pending(let read): pending = read
            }
            if isPosted { return .goOn(handle: try await keep(pending, for: nil)) }
            return try await proceed(pending, from: browser)
        } catch let error as OAuthError {
            return .refuse(error)
        }
    }

    /// Goes on with a request, after somebody signed in.
    public func resume(_ handle: String, from browser: AuthorizationBrowser) async throws -> AuthorizationAnswer {
        try await with(handle, browser) { try await proceed($0, from: browser) }
    }

    /// Somebody said which account they mean: the one they are signed in with.
    public func select(_ handle: String, from browser: AuthorizationBrowser) async throws -> AuthorizationAnswer {
        try await with(handle, browser) { pending in
            var pending = pending
            pending.record.progress.hasSelectedAccount = true
            return try await proceed(pending, from: browser)
        }
    }

    /// Somebody said whether the client may. A yes is remembered, and only grows.
    public func decide(
        _ handle: String, isAllowed: Bool, from browser: AuthorizationBrowser
    ) async throws -> AuthorizationAnswer {
        try await with(handle, browser) { pending in
            guard isAllowed else {
                return try await close(pending, OAuthError(.accessDenied, "consent was refused"), from: browser)
            }
            guard let session = browser.session else { return try await proceed(pending, from: browser) }
            let caller = Caller(
                tenant: browser.tenant, actor: .person(session.person), command: .random(at: clock()),
                trace: browser.trace)
            try await remember(Consent(for: pending.request), to: pending.client, by: caller, session.person)
            var pending = pending
            pending.record.progress.hasConsented = true
            return try await proceed(pending, from: browser)
        }
    }

    private func with(
        _ handle: String, _ browser: AuthorizationBrowser,
        _ body: (PendingAuthorization) async throws -> AuthorizationAnswer
    ) async throws -> AuthorizationAnswer {
        do {
            guard let pending = try await find(handle, for: browser) else {
                throw OAuthError(.invalidRequest, "the request is unknown, was answered, or is too old")
            }
            return try await body(pending)
        } catch let error as OAuthError {
            return .refuse(error)
        }
    }

    /// Remembers a yes beside what was said before.
    func remember(_ consent: Consent, to client: OAuthClient, by caller: Caller, _ person: PersonID) async throws {
        try await store.write(.login) { tx in
            let before = try Self.consent(of: person, to: client, tx.sql)
            guard !before.missing(of: consent).isEmpty else { return }
            guard let both = before.adding(consent) else { throw OAuthError(.invalidScope, "too many scopes") }
            try tx.sql.setConsent(
                of: person, to: client.id, in: client.tenant, record: try JSONColumn.text(of: both), at: tx.now)
            try tx.append(
                caller.event(
                    "consent.given", Stream("person", person), facts: [Fact("client", .id(client.id, "client"))]))
        }
    }

    static func consent(of person: PersonID, to client: OAuthClient, _ sql: any SQLConnection) throws -> Consent {
        guard let kept = try sql.consent(of: person, to: client.id) else { return Consent() }
        return try JSONColumn.decode(Consent.self, kept.record)
    }

    // MARK: Reading

    private enum Reading {
        case pending(PendingAuthorization)
        case answer(AuthorizationAnswer)
    }

    private func read(_ parameters: Parameters, in tenant: TenantID) async throws -> Reading {
        let (carriage, name) = try RequestCarriage.read(parameters)
        guard let client = await documents.client(name, in: tenant) else {
            throw OAuthError(.invalidRequest, "client_id is unknown")
        }
        switch carriage {
        case .pushed(let handle): return .pending(try await pushed(handle, client))
        case .parameters: return held(parameters, client, .parameters, nil)
        case .signed:
            let object = try RequestObject.verify(
                parameters, client: await client.signing(parameters, servers), issuer: tenants.publicURL(of: tenant),
                now: clock().seconds)
            return held(object.parameters, client, .signed, .init(object, of: client))
        }
    }

    private func held(
        _ parameters: Parameters, _ client: OAuthClient, _ origin: AuthorizationRequest.Origin,
        _ spent: PendingAuthorization.Spent?
    ) -> Reading {
        switch AuthorizationRequest.read(
            parameters, client: client.metadata, origin: origin, rules: rules(of: client.tenant))
        {
        case .page(let error): .answer(.refuse(error))
        case .redirect(let response): .answer(.respond(response))
        case .request(let request):
            .pending(
                PendingAuthorization(
                    record: .init(request: request, spent: spent), client: client, createdAt: clock(), handle: nil))
        }
    }

    /// A request that the client pushed before (RFC 9126 §4).
    private func pushed(_ text: String, _ client: OAuthClient) async throws -> PendingAuthorization {
        let now = clock()
        guard let handle = BearerToken(text: text, kind: .requestURI),
            let row = try await store.read({ sql in
                try sql.find(handle.hash, among: .ofClients, in: client.tenant, browser: nil, at: now)
            })
        else { throw OAuthError(.invalidRequestURI, "request_uri is unknown, used up or expired") }
        let record = try store.keys.open(
            record: PushedRequest.self, row.sealed, tenant: client.tenant, context: handle.hash.bytes)
        let request = try record.opened(by: client.name, wasAnswered: false, now: now.seconds)
        return PendingAuthorization(
            record: .init(request: request, spent: .pushed(handle.hash.bytes)), client: client, createdAt: now,
            handle: nil)
    }
}
