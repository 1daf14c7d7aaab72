import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// An authorization request on its way through a browser: kept at the server and sealed, because it holds what an
/// application wrote, and so that nothing a browser carries can change it.
struct PendingAuthorization: Sendable {
    /// How long somebody may take to sign in and consent.
    static let lifetime: Duration = .minutes(30)

    /// What is written down.
    struct Record: Codable, Sendable {
        let request: AuthorizationRequest
        var progress = AuthorizationProgress()
        var spent: Spent?
    }

    /// What is good once: a pushed request, or a request object with a `jti`. It is used up with the answer, not when it
    /// is first seen (RFC 9126 §4), so that reloading a page does not lose it.
    enum Spent: Codable, Sendable {
        case pushed([UInt8])
        case object(digest: [UInt8], until: Int64)
    }

    var record: Record { didSet { isWritten = false } }
    let client: OAuthClient
    let createdAt: Timestamp
    /// Nil while nothing had to be kept.
    var handle: BearerToken?
    /// Whether the record stands in the store as it is here.
    var isWritten = false

    var request: AuthorizationRequest { record.request }
}

extension AuthorizationService {
    /// Keeps a request until somebody goes on with it; one that is kept already is written anew only where it came further.
    func keep(
        _ pending: PendingAuthorization, for browser: Identity.TokenHash?
    ) async throws -> SecretText {
        let tenant = pending.client.tenant
        if let handle = pending.handle {
            guard !pending.isWritten else { return handle.text }
            let sealed = try store.keys.seal(record: pending.record, tenant: tenant, context: handle.hash.bytes)
            try await store.write(.login) { tx in
                try tx.sql.updateAuthorizationRequest(handle.hash, in: tenant, sealed: sealed)
            }
            return handle.text
        }
        let handle = try Randomness.token(.authorizationRequest)
        let sealed = try store.keys.seal(record: pending.record, tenant: tenant, context: handle.hash.bytes)
        try await store.write(.login) { tx in
            try tx.sql.insertAuthorizationRequest(
                handle.hash, of: pending.client.id, in: tenant, browser: browser, sealed: sealed, at: tx.now,
                until: tx.now + PendingAuthorization.lifetime)
        }
        return handle.text
    }

    /// The request behind a handle, for its own browser; one that came by a form of another site is this browser's from
    /// now on. Nil when it is unknown, answered, too old, or another browser's.
    func find(
        _ text: String, for browser: AuthorizationBrowser
    ) async throws -> PendingAuthorization? {
        guard let handle = BearerToken(text: text, kind: .authorizationRequest), let own = browser.binding else {
            return nil
        }
        let (tenant, now) = (browser.tenant, clock())
        let find = { @Sendable (sql: any SQLConnection) in
            try sql.authorizationRequest(handle.hash, in: tenant, browser: own, at: now)
        }
        var row = try await store.read(find)
        if row == nil {
            row = try await store.write(.login) { tx in
                guard try tx.sql.claimAuthorizationRequest(handle.hash, in: tenant, for: own, at: now) else {
                    return nil
                }
                return try find(tx.sql)
            }
        }
        guard let row, let client = clients.client(row.client), !client.isDisabled else { return nil }
        let record = try store.keys.open(
            record: PendingAuthorization.Record.self, row.sealed, tenant: tenant, context: handle.hash.bytes)
        return PendingAuthorization(
            record: record, client: client, createdAt: row.createdAt, handle: handle, isWritten: true)
    }

    /// Uses up the request, and what is good once of it, in the transaction that answers it.
    ///
    /// - Throws: `OAuthError` when it was answered before.
    static func useUp(_ pending: PendingAuthorization, _ tx: Transaction) throws {
        let tenant = pending.client.tenant
        if let handle = pending.handle {
            guard try tx.sql.useAuthorizationRequest(handle.hash, in: tenant, at: tx.now) else {
                throw OAuthError(.invalidRequest, "the request was answered before, or is too old")
            }
        }
        try pending.record.spent?.useUp(in: tenant, tx)
    }
}

extension PendingAuthorization.Spent {
    /// The `jti` of a request object; nil for one without.
    init?(_ object: RequestObject.Verified, of client: OAuthClient) {
        guard let id = object.id else { return nil }
        self = .object(digest: Digests.sha256(client.id.description + " " + id), until: object.expiresAt)
    }

    /// Uses it up.
    ///
    /// - Throws: `OAuthError` when that was done before.
    func useUp(in tenant: TenantID, _ tx: Transaction) throws {
        switch self {
        case .pushed(let bytes):
            guard let hash = Identity.TokenHash(bytes: bytes),
                try tx.sql.useAuthorizationRequest(hash, in: tenant, at: tx.now)
            else { throw OAuthError(.invalidRequestURI, "request_uri was used before") }
        case .object(let digest, let until):
            guard
                try tx.sql.noteOnce(.requestObject, digest, in: tenant, at: tx.now, until: Timestamp(seconds: until))
            else { throw OAuthError(.invalidRequestObject, "the request object was used before") }
        }
    }
}

extension AuthorizationBrowser {
    /// What a waiting request is bound to.
    var binding: Identity.TokenHash? {
        preSession.flatMap { BearerToken(text: $0.reveal(), kind: .preSession)?.hash }
    }
}
