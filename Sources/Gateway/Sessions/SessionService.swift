import Identity
import Storage
import Vocabulary

/// A credential proven valid a moment ago, and what stands behind it.
public enum ValidatedCredential: Sendable {
    case session(Session)
    case applicationSession(ApplicationSession, parent: Session)
    case apiKey(APIKey)

    /// Who is calling, by this credential.
    public var principal: Principal {
        switch self {
        case .session(let session):
            Principal(
                tenant: session.tenant, subject: .person(session.person), credential: .session(session.id),
                provider: session.provider, events: session.events, anomalies: session.anomalies)
        case .applicationSession(let session, let parent):
            Principal(
                tenant: session.tenant, subject: .person(parent.person), credential: .applicationSession(session.id),
                provider: parent.provider, events: parent.events, audience: session.application,
                anomalies: parent.anomalies)
        case .apiKey(let key):
            Principal(
                tenant: key.tenant, subject: .serviceAccount(key.account), credential: .apiKey(key.id), provider: nil,
                events: [AuthenticationEvent(method: .apiKey, provider: nil, at: key.createdAt)], scopes: key.scopes)
        }
    }

    public var expiresAt: Timestamp {
        switch self {
        case .session(let session): session.expiresAt
        case .applicationSession(_, let parent): parent.expiresAt
        case .apiKey(let key): key.expiresAt
        }
    }
}

/// Validates, begins and ends sessions: validation in memory, every change in the journal first.
public struct SessionService: Sendable {
    let store: Store
    let live: LiveCredentials
    let settings: SessionConfiguration
    let clock: @Sendable () -> Timestamp

    // MARK: Validation

    /// The gateway session behind a cookie's text.
    public func validate(session text: String, in tenant: TenantID) -> Result<Session, CredentialRefusal> {
        guard let token = BearerToken(text: text, kind: .session) else { return refused(.session, .malformed) }
        let now = clock()
        let result = live.session(token, in: tenant, at: now)
        if case .failure(let refusal) = result { return refused(.session, refusal) }
        if case .success(let session) = result, live.touch(session, at: now) { writeTouch(session.id, at: now) }
        return result
    }

    /// The application session behind a cookie's text, only for the application it was made for.
    public func validate(
        applicationSession text: String, for application: ApplicationID
    ) -> Result<ValidatedCredential, CredentialRefusal> {
        guard let token = BearerToken(text: text, kind: .applicationSession) else {
            return refused(.applicationSession, .malformed)
        }
        let now = clock()
        switch live.applicationSession(token, at: now) {
        case .failure(let refusal): return refused(.applicationSession, refusal)
        case .success(let (session, parent)):
            guard session.isFor(application) else { return refused(.applicationSession, .wrongAudience) }
            if live.touch(session, at: now) { writeTouch(session, parent, at: now) }
            return .success(.applicationSession(session, parent: parent))
        }
    }

    /// The service account's key behind a bearer token.
    public func validate(apiKey text: String) -> Result<ValidatedCredential, CredentialRefusal> {
        guard let token = BearerToken(text: text, kind: .apiKey) else { return refused(.apiKey, .malformed) }
        switch live.apiKey(token, at: clock()) {
        case .failure(let refusal): return refused(.apiKey, refusal)
        case .success(let key): return .success(.apiKey(key))
        }
    }

    /// Any token, by its typed prefix: what introspection (RFC 7662) is asked about.
    public func validate(any text: String) -> Result<ValidatedCredential, CredentialRefusal> {
        let now = clock()
        if let token = BearerToken(text: text, kind: .applicationSession) {
            switch live.applicationSession(token, at: now) {
            case .failure(let refusal): return refused(.applicationSession, refusal)
            case .success(let (session, parent)): return .success(.applicationSession(session, parent: parent))
            }
        }
        return validate(apiKey: text)
    }

    private func refused<Success>(
        _ kind: RefusedCredential.Kind, _ reason: CredentialRefusal
    ) -> Result<Success, CredentialRefusal> {
        live.refused.count(RefusedCredential(kind: kind, reason: reason))
        return .failure(reason)
    }

    // A lost touch only makes a session idle out a little early, so nobody waits for it.
    private func writeTouch(_ id: SessionID, at now: Timestamp) {
        Task { [store] in try? await store.write(.spool) { try $0.sql.touch(id, at: now) } }
    }

    private func writeTouch(_ session: ApplicationSession, _ parent: Session, at now: Timestamp) {
        let parentIsDue = live.touch(parent, at: now)
        Task { [store] in
            try? await store.write(.spool) { tx in
                try tx.sql.touch(session.id, at: now)
                if parentIsDue { try tx.sql.touch(parent.id, at: now) }
            }
        }
    }

    // MARK: Lists

    /// A person's live sessions, newest first.
    public func sessions(of person: PersonID, in tenant: TenantID) -> [Session] {
        let now = clock()
        return live.sessions(of: person).filter { $0.tenant == tenant && !$0.isExpired(at: now) }
    }

    /// A page of a tenant's live sessions in the order of their ids, those after `last`.
    public func sessions(in tenant: TenantID, after last: SessionID?, limit: Int) -> [Session] {
        live.sessions(in: tenant, after: last, at: clock(), limit: limit)
    }

    // MARK: Ends

    /// Ends one session and every application session under it; false when it had ended already.
    public func end(_ id: SessionID, _ reason: SessionEnd, by caller: Caller) async throws -> Bool {
        try await end(id, reason, by: caller, facts: [])
    }

    /// As above, with what else its event says of the reason.
    func end(_ id: SessionID, _ reason: SessionEnd, by caller: Caller, facts: [Fact]) async throws -> Bool {
        try await store.write(.revocation) { [live] tx in
            guard try tx.sql.end(id, in: caller.tenant, reason, at: tx.now, by: caller.context) else { return false }
            try tx.append(
                caller.event(
                    "session.ended", Stream("session", id),
                    facts: [Fact("reason", .word(reason.rawValue.lowercased()))] + facts))
            tx.afterCommit { live.remove(id) }
            return true
        }
    }

    /// Ends everything a person has open; answers how many sessions that was.
    @discardableResult
    public func endAll(of person: PersonID, except kept: SessionID? = nil, _ reason: SessionEnd, by caller: Caller)
        async throws -> Int
    {
        try await store.write(.revocation) { [live] tx in
            try Self.endAll(of: person, except: kept, reason, by: caller, live, tx)
        }
    }

    /// As `endAll`, inside a transaction that does more (disabling a person, changing a credential).
    @discardableResult
    static func endAll(
        of person: PersonID, except kept: SessionID? = nil, _ reason: SessionEnd, by caller: Caller,
        _ live: LiveCredentials, _ tx: Transaction
    ) throws -> Int {
        let ended = try tx.sql.sessions(of: person, at: tx.now).filter { $0.id != kept && $0.tenant == caller.tenant }
        for session in ended {
            _ = try tx.sql.end(session.id, in: caller.tenant, reason, at: tx.now, by: caller.context)
            try tx.append(
                caller.event(
                    "session.ended", Stream("session", session.id),
                    facts: [
                        Fact("reason", .word(reason.rawValue.lowercased())), Fact("person", .id(person, "person")),
                    ]))
        }
        let ids = ended.map(\.id)
        tx.afterCommit { for id in ids { live.remove(id) } }
        // What a person allowed clients outlives sessions, but not the person's own right to be here.
        if kept == nil { try GrantEnding.end(.person(person), .personDisabled, by: caller, live.grants, tx) }
        return ended.count
    }
}
