import Identity
import OAuth
import Synchronization
import Vocabulary

/// What a client was granted, as it is in memory while it holds.
struct LiveGrant: Sendable {
    let id: AuthorizationGrantID
    let tenant: TenantID
    let client: ClientID
    let person: PersonID?
    /// What it ends with; nil when it outlives sessions.
    var session: SessionID?
    var tokens: TokenGrant
    let createdAt: Timestamp
    let expiresAt: Timestamp
}

/// An access token that says nothing by itself, as it is in memory.
struct LiveAccessToken: Sendable {
    let hash: TokenHash
    let tenant: TenantID
    let client: ClientID
    /// Nil for a token in the client's own name.
    let grant: AuthorizationGrantID?
    let tokens: TokenGrant
    let issuedAt: Timestamp
    let expiresAt: Timestamp
}

/// The grants and opaque access tokens that are alive: what introspection reads. It changes only in `afterCommit`
/// closures, as `LiveCredentials`, beside which it stands.
final class LiveGrants: Sendable {
    private struct Memory {
        var grants: [AuthorizationGrantID: LiveGrant] = [:]
        var ofPerson: [PersonID: Set<AuthorizationGrantID>] = [:]
        var ofSession: [SessionID: Set<AuthorizationGrantID>] = [:]
        var tokens: [TokenHash: LiveAccessToken] = [:]
        var tokensOfGrant: [AuthorizationGrantID: Set<TokenHash>] = [:]
        /// Signed tokens that were revoked one by one, until they expire.
        var revoked: [[UInt8]: Timestamp] = [:]
    }

    private let memory = Mutex(Memory())

    // MARK: Reading

    /// The grant while it holds; whether its session and people are still there is for `LiveCredentials` to say.
    func grant(_ id: AuthorizationGrantID, in tenant: TenantID, at now: Timestamp) -> LiveGrant? {
        memory.withLock { $0.grants[id] }.flatMap { $0.tenant == tenant && $0.expiresAt > now ? $0 : nil }
    }

    func token(_ hash: TokenHash, in tenant: TenantID, at now: Timestamp) -> LiveAccessToken? {
        memory.withLock { $0.tokens[hash] }.flatMap { $0.tenant == tenant && $0.expiresAt > now ? $0 : nil }
    }

    func isRevoked(_ digest: [UInt8], at now: Timestamp) -> Bool {
        memory.withLock { $0.revoked[digest] }.map { $0 > now } ?? false
    }

    /// A person's grants, oldest first.
    func grants(of person: PersonID, in tenant: TenantID, at now: Timestamp) -> [LiveGrant] {
        memory.withLock { memory in (memory.ofPerson[person] ?? []).compactMap { memory.grants[$0] } }
            .filter { $0.tenant == tenant && $0.expiresAt > now }.sorted { $0.createdAt < $1.createdAt }
    }

    /// What ends with a session.
    func grants(of session: SessionID) -> [LiveGrant] {
        memory.withLock { memory in (memory.ofSession[session] ?? []).compactMap { memory.grants[$0] } }
    }

    var counts: (grants: Int, tokens: Int) { memory.withLock { ($0.grants.count, $0.tokens.count) } }

    // MARK: Changes, after their commit

    func add(_ grant: LiveGrant) {
        memory.withLock { memory in
            memory.grants[grant.id] = grant
            if let person = grant.person { memory.ofPerson[person, default: []].insert(grant.id) }
            if let session = grant.session { memory.ofSession[session, default: []].insert(grant.id) }
        }
    }

    func add(_ token: LiveAccessToken) {
        memory.withLock { memory in
            memory.tokens[token.hash] = token
            if let grant = token.grant { memory.tokensOfGrant[grant, default: []].insert(token.hash) }
        }
    }

    /// Lets what hangs on a session hang on the one that took its place.
    func move(from old: SessionID, to new: SessionID) {
        memory.withLock { memory in
            guard let moved = memory.ofSession.removeValue(forKey: old) else { return }
            for id in moved { memory.grants[id]?.session = new }
            memory.ofSession[new, default: []].formUnion(moved)
        }
    }

    func revoke(_ digest: [UInt8], until expiry: Timestamp) { memory.withLock { $0.revoked[digest] = expiry } }

    func remove(_ hash: TokenHash) { memory.withLock { Self.remove(hash, &$0) } }

    func remove(_ ids: some Sequence<AuthorizationGrantID>) {
        memory.withLock { memory in for id in ids { Self.remove(id, &memory) } }
    }

    /// Drops what has expired.
    func sweep(at now: Timestamp) {
        memory.withLock { memory in
            for id in memory.grants.values.filter({ $0.expiresAt <= now }).map(\.id) { Self.remove(id, &memory) }
            for hash in memory.tokens.values.filter({ $0.expiresAt <= now }).map(\.hash) { Self.remove(hash, &memory) }
            for (digest, expiry) in memory.revoked where expiry <= now { memory.revoked[digest] = nil }
        }
    }

    private static func remove(_ hash: TokenHash, _ memory: inout Memory) {
        guard let token = memory.tokens.removeValue(forKey: hash), let grant = token.grant else { return }
        memory.tokensOfGrant[grant]?.remove(hash)
        if memory.tokensOfGrant[grant]?.isEmpty == true { memory.tokensOfGrant[grant] = nil }
    }

    private static func remove(_ id: AuthorizationGrantID, _ memory: inout Memory) {
        for hash in memory.tokensOfGrant.removeValue(forKey: id) ?? [] { memory.tokens[hash] = nil }
        guard let grant = memory.grants.removeValue(forKey: id) else { return }
        if let person = grant.person {
            memory.ofPerson[person]?.remove(id)
            if memory.ofPerson[person]?.isEmpty == true { memory.ofPerson[person] = nil }
        }
        if let session = grant.session {
            memory.ofSession[session]?.remove(id)
            if memory.ofSession[session]?.isEmpty == true { memory.ofSession[session] = nil }
        }
    }
}
