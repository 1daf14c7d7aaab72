import Identity
import Synchronization
import Vocabulary

/// Why a presented credential opens nothing. The caller learns only that it does; the journal and metrics, which.
public enum CredentialRefusal: String, Error, Sendable, CaseIterable, Hashable {
    case malformed, unknown, expired, wrongAudience = "wrong_audience", wrongTenant = "wrong_tenant"
    case tenantDisabled = "tenant_disabled", accountDisabled = "account_disabled"
}

/// A credential that opened nothing, as it is counted: its kind by its typed prefix, and why.
struct RefusedCredential: Hashable {
    enum Kind: String, CaseIterable {
        case session
        case applicationSession = "application_session"
        case apiKey = "api_key"
    }

    let kind: Kind
    let reason: CredentialRefusal
}

/// The sessions and API keys that are alive, in memory: what every validation reads without touching the store.
///
/// It changes only in `afterCommit` closures, so memory never runs ahead of the journal; ending a person's sessions
/// here is the whole of a revocation, because nothing else can vouch for a token.
final class LiveCredentials: Sendable {
    private struct Memory {
        var sessions: [TokenHash: Session] = [:]
        var hashes: [SessionID: TokenHash] = [:]
        var sessionsOfPerson: [PersonID: Set<SessionID>] = [:]
        var applicationSessions: [TokenHash: ApplicationSession] = [:]
        var childrenOfSession: [SessionID: Set<TokenHash>] = [:]
        var keys: [TokenHash: APIKey] = [:]
        var disabledAccounts: Set<ServiceAccountID> = []
        var disabledTenants: Set<TenantID> = []
    }

    private let memory = Mutex(Memory())
    /// What clients were granted by these people.
    let grants = LiveGrants()
    /// Rung when a session has ended: somebody may have to be told.
    let bell = Bell()
    /// What was presented in vain, for metrics.
    let refused = Tally<RefusedCredential>()

    // MARK: Validation

    /// The session a gateway cookie stands for.
    func session(_ token: BearerToken, in tenant: TenantID, at now: Timestamp) -> Result<Session, CredentialRefusal> {
        memory.withLock { memory in
            guard let session = memory.sessions[token.hash] else { return .failure(.unknown) }
            guard session.tenant == tenant else { return .failure(.wrongTenant) }
            guard !memory.disabledTenants.contains(tenant) else { return .failure(.tenantDisabled) }
            guard !session.isExpired(at: now) else { return .failure(.expired) }
            return .success(session)
        }
    }

    /// The application session a token stands for, with the session it hangs on.
    func applicationSession(
        _ token: BearerToken, at now: Timestamp
    ) -> Result<(ApplicationSession, parent: Session), CredentialRefusal> {
        memory.withLock { memory in
            guard let child = memory.applicationSessions[token.hash], let hash = memory.hashes[child.parent],
                let parent = memory.sessions[hash]
            else { return .failure(.unknown) }
            guard !memory.disabledTenants.contains(child.tenant) else { return .failure(.tenantDisabled) }
            guard !child.isExpired(at: now, parent: parent) else { return .failure(.expired) }
            return .success((child, parent))
        }
    }

    /// The API key a token stands for.
    func apiKey(_ token: BearerToken, at now: Timestamp) -> Result<APIKey, CredentialRefusal> {
        memory.withLock { memory in
            guard let key = memory.keys[token.hash] else { return .failure(.unknown) }
            guard !memory.disabledTenants.contains(key.tenant) else { return .failure(.tenantDisabled) }
            guard !memory.disabledAccounts.contains(key.account) else { return .failure(.accountDisabled) }
            return key.isUsable(at: now) ? .success(key) : .failure(.expired)
        }
    }

    func isDisabled(_ account: ServiceAccountID) -> Bool { memory.withLock { $0.disabledAccounts.contains(account) } }
    func isDisabled(_ tenant: TenantID) -> Bool { memory.withLock { $0.disabledTenants.contains(tenant) } }

    func session(_ id: SessionID) -> Session? {
        memory.withLock { memory in memory.hashes[id].flatMap { memory.sessions[$0] } }
    }

    // MARK: By id, for those who may ask about others

    /// The session of this id, while it is good.
    func named(session id: SessionID, at now: Timestamp) -> ValidatedCredential? {
        memory.withLock { memory in
            guard let session = memory.hashes[id].flatMap({ memory.sessions[$0] }),
                !memory.disabledTenants.contains(session.tenant), !session.isExpired(at: now)
            else { return nil }
            return .session(session)
        }
    }

    /// The application session of this id, while it is good. Looks through all of them.
    func named(applicationSession id: ApplicationSessionID, at now: Timestamp) -> ValidatedCredential? {
        memory.withLock { memory in
            guard let child = memory.applicationSessions.values.first(where: { $0.id == id }),
                let parent = memory.hashes[child.parent].flatMap({ memory.sessions[$0] }),
                !memory.disabledTenants.contains(child.tenant), !child.isExpired(at: now, parent: parent)
            else { return nil }
            return .applicationSession(child, parent: parent)
        }
    }

    /// The API key of this id, while it is good. Looks through all of them.
    func named(apiKey id: APIKeyID, at now: Timestamp) -> ValidatedCredential? {
        memory.withLock { memory in
            guard let key = memory.keys.values.first(where: { $0.id == id }),
                !memory.disabledTenants.contains(key.tenant), !memory.disabledAccounts.contains(key.account),
                key.isUsable(at: now)
            else { return nil }
            return .apiKey(key)
        }
    }

    /// Newest first.
    func sessions(of person: PersonID) -> [Session] {
        memory.withLock { memory in
            (memory.sessionsOfPerson[person] ?? [])
                .compactMap { memory.hashes[$0].flatMap { memory.sessions[$0] } }
                .sorted { $0.createdAt > $1.createdAt }
        }
    }

    /// A page of a tenant's sessions in the order of their ids, those after `last`.
    func sessions(in tenant: TenantID, after last: SessionID?, at now: Timestamp, limit: Int) -> [Session] {
        let all = memory.withLock { memory in
            memory.sessions.values.filter { session in
                session.tenant == tenant && !session.isExpired(at: now) && last.map { $0 < session.id } ?? true
            }
        }
        return Array(all.sorted { $0.id < $1.id }.prefix(limit))
    }

    var counts: (sessions: Int, applicationSessions: Int, keys: Int) {
        memory.withLock { ($0.sessions.count, $0.applicationSessions.count, $0.keys.count) }
    }

    // MARK: Changes, after their commit

    func fill(sessions: [Session], applicationSessions: [ApplicationSession], keys: [APIKey]) {
        for session in sessions { add(session) }
        for session in applicationSessions { add(session) }
        for key in keys { add(key) }
    }

    func add(_ session: Session) {
        memory.withLock { memory in
            memory.sessions[session.secretHash] = session
            memory.hashes[session.id] = session.secretHash
            memory.sessionsOfPerson[session.person, default: []].insert(session.id)
        }
    }

    func add(_ session: ApplicationSession) {
        memory.withLock { memory in
            memory.applicationSessions[session.tokenHash] = session
            memory.childrenOfSession[session.parent, default: []].insert(session.tokenHash)
        }
    }

    func add(_ key: APIKey) { memory.withLock { $0.keys[key.tokenHash] = key } }

    func remove(_ id: SessionID) {
        memory.withLock { Self.remove(id, &$0) }
        bell.ring()
    }

    func remove(_ session: ApplicationSession) {
        memory.withLock { memory in
            memory.applicationSessions[session.tokenHash] = nil
            memory.childrenOfSession[session.parent]?.remove(session.tokenHash)
        }
    }

    func removeSessions(of person: PersonID) {
        memory.withLock { memory in
            for id in memory.sessionsOfPerson[person] ?? [] { Self.remove(id, &memory) }
        }
    }

    func removeSessions(of people: some Sequence<PersonID>) {
        memory.withLock { memory in
            for person in people {
                for id in memory.sessionsOfPerson[person] ?? [] { Self.remove(id, &memory) }
            }
        }
    }

    func removeKey(_ id: APIKeyID) {
        memory.withLock { memory in
            guard let entry = memory.keys.first(where: { $0.value.id == id }) else { return }
            memory.keys[entry.key] = nil
        }
    }

    func setDisabled(_ account: ServiceAccountID, _ isDisabled: Bool) {
        memory.withLock { memory in
            if isDisabled { memory.disabledAccounts.insert(account) } else { memory.disabledAccounts.remove(account) }
        }
    }

    func setDisabled(_ tenant: TenantID, _ isDisabled: Bool) {
        memory.withLock { memory in
            if isDisabled { memory.disabledTenants.insert(tenant) } else { memory.disabledTenants.remove(tenant) }
        }
    }

    /// Notes a use in memory and says whether it is due to be written.
    func touch(_ session: Session, at now: Timestamp) -> Bool {
        guard session.needsTouch(at: now) else { return false }
        memory.withLock { $0.sessions[session.secretHash]?.lastSeenAt = now }
        return true
    }

    func touch(_ session: ApplicationSession, at now: Timestamp) -> Bool {
        guard session.needsTouch(at: now) else { return false }
        memory.withLock { $0.applicationSessions[session.tokenHash]?.lastSeenAt = now }
        return true
    }

    /// Sessions that ran out by themselves, and have still to be ended.
    func expired(at now: Timestamp) -> [Session] {
        memory.withLock { $0.sessions.values.filter { $0.isExpired(at: now) } }
    }

    /// Drops grants and keys that have expired; sessions go when they are ended.
    func sweep(at now: Timestamp) {
        grants.sweep(at: now)
        memory.withLock { memory in
            for (hash, key) in memory.keys where !key.isUsable(at: now) { memory.keys[hash] = nil }
        }
    }

    private static func remove(_ id: SessionID, _ memory: inout Memory) {
        guard let hash = memory.hashes.removeValue(forKey: id), let session = memory.sessions.removeValue(forKey: hash)
        else { return }
        memory.sessionsOfPerson[session.person]?.remove(id)
        if memory.sessionsOfPerson[session.person]?.isEmpty == true { memory.sessionsOfPerson[session.person] = nil }
        for child in memory.childrenOfSession.removeValue(forKey: id) ?? [] { memory.applicationSessions[child] = nil }
    }
}
