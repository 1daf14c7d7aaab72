import Identity
import Storage
import Vocabulary

/// Requests on their way through a browser: kept at the server and sealed, because they hold what an application wrote, and
/// so that nothing a browser carries can change them.
struct WaitingDesk<Asker>: Sendable {
    let store: Store
    let requests: WaitingRequests<Asker>
    let clock: @Sendable () -> Timestamp

    /// How long somebody may take to sign in and agree.
    static var lifetime: Duration { .minutes(30) }

    /// A request as it was kept.
    struct Found<Record> {
        let handle: BearerToken
        let asker: Identifier<Asker>
        let record: Record
        let createdAt: Timestamp
    }

    /// Keeps a request until somebody goes on with it.
    ///
    /// - Parameter browser: whose it is; nil for nobody's yet, because it came by a form of another site.
    func keep(
        _ record: some Encodable, of asker: Identifier<Asker>, in tenant: TenantID, for browser: Identity.TokenHash?
    ) async throws -> BearerToken {
        let handle = try Randomness.token(.authorizationRequest)
        let sealed = try store.keys.seal(record: record, tenant: tenant, context: handle.hash.bytes)
        try await store.write(.login) { [requests] tx in
            try tx.sql.insert(
                handle.hash, into: requests, of: asker, in: tenant, browser: browser, sealed: sealed, at: tx.now,
                until: tx.now + Self.lifetime)
        }
        return handle
    }

    /// Writes down how far it has come.
    func update(_ record: some Encodable, _ handle: BearerToken, in tenant: TenantID) async throws {
        let sealed = try store.keys.seal(record: record, tenant: tenant, context: handle.hash.bytes)
        try await store.write(.login) { [requests] tx in
            try tx.sql.update(handle.hash, among: requests, in: tenant, sealed: sealed)
        }
    }

    /// The request behind a handle, for its own browser; one that came by a form of another site is this browser's from
    /// now on. Nil when it is unknown, answered, too old, or another browser's.
    func find<Record: Decodable>(
        _ text: String, as type: Record.Type, for browser: AuthorizationBrowser
    ) async throws -> Found<Record>? {
        guard let handle = BearerToken(text: text, kind: .authorizationRequest), let own = browser.binding else {
            return nil
        }
        let (tenant, now, requests) = (browser.tenant, clock(), requests)
        let find = { @Sendable (sql: any SQLConnection) in
            try sql.find(handle.hash, among: requests, in: tenant, browser: own, at: now)
        }
        var row = try await store.read(find)
        if row == nil {
            row = try await store.write(.login) { tx in
                guard try tx.sql.claim(handle.hash, among: requests, in: tenant, for: own, at: now) else { return nil }
                return try find(tx.sql)
            }
        }
        guard let row else { return nil }
        let record = try store.keys.open(record: type, row.sealed, tenant: tenant, context: handle.hash.bytes)
        return Found(handle: handle, asker: row.client, record: record, createdAt: row.createdAt)
    }
}

extension AuthorizationBrowser {
    /// What a waiting request is bound to.
    var binding: Identity.TokenHash? {
        preSession.flatMap { BearerToken(text: $0.reveal(), kind: .preSession)?.hash }
    }
}
