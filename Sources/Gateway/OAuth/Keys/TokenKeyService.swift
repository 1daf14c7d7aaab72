import JOSE
import Storage
import Vocabulary

/// A key that signs tokens, without its private half.
public struct ListedTokenKey: Sendable {
    /// The `kid`.
    public let id: KeyID
    public let algorithm: String
    /// One of `states`.
    public let state: String
    public let createdAt: Timestamp
    /// Since when it is in this state.
    public let changedAt: Timestamp

    /// Published and to sign next, signing, verifying only.
    public static let states = StoredTokenKey.State.allCases.map(\.rawValue)
}

/// Makes, publishes, rotates and forgets the keys that sign a tenant's tokens: one of each algorithm signs, the next is
/// published before it does, and what retired verifies until its last token has expired.
public struct TokenKeyService: Sendable {
    let store: Store
    let table: TokenKeyTable
    let settings: OAuthConfiguration
    let clock: @Sendable () -> Timestamp

    /// No token lives longer: what a key signed last is worthless after this.
    static let longestToken = Duration.hours(24)

    // MARK: Reading

    /// The tenant's keys, made at first need.
    ///
    /// - Throws: what the store throws, `JOSEError` when the cryptographic library fails.
    func keys(of tenant: TenantID) async throws -> TokenKeySet {
        if let known = table.keys(of: tenant), settings.algorithms.allSatisfy({ known.signing[$0] != nil }) {
            return known
        }
        try await makeMissing(in: tenant)
        guard let made = table.keys(of: tenant) else { throw Fault.notFound("key") }
        return made
    }

    /// Every key of a tenant, oldest first.
    public func list(in tenant: TenantID) async throws -> [ListedTokenKey] {
        _ = try await keys(of: tenant)
        return try await store.read { try $0.tokenKeys() }.filter { $0.tenant == tenant }.map {
            ListedTokenKey(
                id: $0.id, algorithm: $0.algorithm, state: $0.state.rawValue, createdAt: $0.createdAt,
                changedAt: $0.changedAt)
        }
    }

    /// Fills memory at start.
    func fill() async throws {
        let stored = try await store.read { try $0.tokenKeys() }
        for (tenant, keys) in Dictionary(grouping: stored, by: \.tenant) {
            table.set(try Self.set(of: keys, store.keys), of: tenant)
        }
    }

    // MARK: Changing

    private func makeMissing(in tenant: TenantID) async throws {
        let caller = Caller(tenant: tenant, actor: .system("token_keys"), command: .random(at: clock()))
        // Drawn outside the writer: a prime takes longer than anybody should wait there.
        let spare = try settings.algorithms.map { try Self.draw($0, at: clock()) }
        try await change(in: tenant) { tx, stored in
            for key in spare where !stored.contains(where: { $0.algorithm == key.algorithm && $0.state == .active }) {
                try Self.insert(key, .active, by: caller, tx)
            }
        }
    }

    /// Begins the change to a new key: it is published now and signs after `key_notice`; with `isNow` it signs at once, for
    /// a key that may be in wrong hands, whose tokens are believed no longer.
    ///
    /// - Throws: `invalid` for an algorithm that nothing is signed with here.
    public func rotate(_ name: String, isNow: Bool, by caller: Caller) async throws {
        guard let algorithm = SignatureAlgorithm(rawValue: name), settings.algorithms.contains(algorithm) else {
            throw Fault.invalid(
                "Nothing is signed with `\(name.prefix(16))` here.",
                remedy: "Name one of \(settings.algorithms.map(\.rawValue).joined(separator: ", ")).")
        }
        _ = try await keys(of: caller.tenant)
        let fresh = try Self.draw(algorithm, at: clock())
        try await change(in: caller.tenant) { tx, stored in
            let own = stored.filter { $0.algorithm == algorithm.rawValue }
            guard isNow else {
                if !own.contains(where: { $0.state == .next }) { try Self.insert(fresh, .next, by: caller, tx) }
                return
            }
            for key in own where key.state != .retiring {
                try Self.move(key, to: .retiring, by: caller, tx)
                _ = try tx.sql.deleteTokenKey(key.id, in: caller.tenant)
            }
            try Self.insert(fresh, .active, by: caller, tx)
        }
    }

    /// Does what time has made due: publishes the next key of one that has signed for long, lets it sign when its notice
    /// is over, forgets what verifies nothing any more.
    func tend() async {
        for tenant in (try? await store.read { try $0.tokenKeys() }.map(\.tenant)).map(Set.init) ?? [] {
            try? await tend(tenant)
        }
    }

    func tend(_ tenant: TenantID) async throws {
        let now = clock()
        let stored = try await store.read { try $0.tokenKeys() }.filter { $0.tenant == tenant }
        let due = stored.filter { isDue($0, among: stored, at: now) }
        guard !due.isEmpty else { return }
        let caller = Caller(tenant: tenant, actor: .system("token_keys"), command: .random(at: now))
        let spare = try Set(due.filter { $0.state == .active }.map(\.algorithm)).compactMap(SignatureAlgorithm.init)
            .map { try Self.draw($0, at: now) }
        try await change(in: tenant) { [self] tx, stored in
            for key in stored where isDue(key, among: stored, at: tx.now) {
                switch key.state {
                case .retiring: try Self.forget(key, by: caller, tx)
                case .active:
                    for fresh in spare where fresh.algorithm == key.algorithm {
                        try Self.insert(fresh, .next, by: caller, tx)
                    }
                case .next:
                    for old in stored where old.algorithm == key.algorithm && old.state == .active {
                        try Self.move(old, to: .retiring, by: caller, tx)
                    }
                    try Self.move(key, to: .active, by: caller, tx)
                }
            }
        }
    }

    private func isDue(_ key: StoredTokenKey, among all: [StoredTokenKey], at now: Timestamp) -> Bool {
        switch key.state {
        case .next: now - key.changedAt >= settings.keyNotice
        case .active:
            now - key.changedAt >= settings.keyLifetime
                && !all.contains { $0.algorithm == key.algorithm && $0.state == .next }
        case .retiring: now - key.changedAt >= Self.longestToken
        }
    }

    /// Writes, and shows memory what is there afterwards, once it is durable.
    private func change(
        in tenant: TenantID, _ body: @escaping @Sendable (Transaction, [StoredTokenKey]) throws -> Void
    ) async throws {
        try await store.write(.administration) { [table, store] tx in
            try body(tx, try tx.sql.tokenKeys().filter { $0.tenant == tenant })
            let keys = try Self.set(of: try tx.sql.tokenKeys().filter { $0.tenant == tenant }, store.keys)
            tx.afterCommit { table.set(keys, of: tenant) }
        }
    }

    // MARK: Keys

    /// A key that was just drawn.
    private struct Drawn: Sendable {
        let id: KeyID
        let key: SigningKey
        var algorithm: String { key.algorithm.rawValue }
    }

    private static func draw(_ algorithm: SignatureAlgorithm, at now: Timestamp) throws -> Drawn {
        let id = KeyID.random(at: now)
        return Drawn(id: id, key: try .generate(algorithm, keyID: id.description))
    }

    private static func insert(
        _ drawn: Drawn, _ state: StoredTokenKey.State, by caller: Caller, _ tx: Transaction
    ) throws {
        guard let publicKey = drawn.key.publicKey else { throw Fault.invalid("The key has no public half.") }
        let sealed = try drawn.key.privateJWK().withBytes {
            try tx.keys.seal(Array($0), purpose: .tokenSigning, tenant: caller.tenant, context: drawn.id.bytes)
        }
        let stored = StoredTokenKey(
            id: drawn.id, tenant: caller.tenant, algorithm: drawn.algorithm, state: state, sealed: sealed,
            publicKey: String(decoding: publicKey.json.serialized, as: UTF8.self), createdAt: tx.now, changedAt: tx.now)
        try tx.sql.insert(stored)
        try note(stored, state, by: caller, tx)
    }

    private static func move(
        _ key: StoredTokenKey, to state: StoredTokenKey.State, by caller: Caller, _ tx: Transaction
    ) throws {
        guard try tx.sql.move(tokenKey: key.id, in: key.tenant, from: key.state, to: state, at: tx.now) else {
            throw Fault.stale("key")
        }
        try note(key, state, by: caller, tx)
    }

    private static func forget(_ key: StoredTokenKey, by caller: Caller, _ tx: Transaction) throws {
        guard try tx.sql.deleteTokenKey(key.id, in: key.tenant) else { return }
        try tx.append(caller.event("token_key.forgotten", Stream("token_key", key.id)))
    }

    private static func note(
        _ key: StoredTokenKey, _ state: StoredTokenKey.State, by caller: Caller, _ tx: Transaction
    ) throws {
        let type =
            switch state {
            case .next: "token_key.published"
            case .active: "token_key.activated"
            case .retiring: "token_key.retired"
            }
        try tx.append(
            caller.event(
                type, Stream("token_key", key.id),
                facts: [Fact("algorithm", .word(key.algorithm.lowercased()))]))
    }

    private static func set(of stored: [StoredTokenKey], _ keys: KeyRing) throws -> TokenKeySet {
        var signing: [SignatureAlgorithm: SigningKey] = [:]
        var verifying: [VerificationKey] = []
        for key in stored {
            guard let algorithm = SignatureAlgorithm(rawValue: key.algorithm) else { continue }
            let published = try JSONWebKey(parsing: Array(key.publicKey.utf8))
            verifying.append(try VerificationKey(published, algorithm: algorithm))
            guard key.state == .active, let sealed = key.sealed else { continue }
            let opened = try keys.open(sealed, purpose: .tokenSigning, tenant: key.tenant, context: key.id.bytes)
            signing[algorithm] = try SigningKey(privateJWK: JSONObject(parsing: opened), algorithm: algorithm)
        }
        return TokenKeySet(signing: signing, published: try JSONWebKeySet(verifying))
    }
}
