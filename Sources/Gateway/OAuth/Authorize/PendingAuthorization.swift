import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// An authorization request on its way through a browser.
struct PendingAuthorization: Sendable {
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
    private var desk: WaitingDesk<IDKind.Client> { WaitingDesk(store: store, requests: .ofClients, clock: clock) }

    /// Keeps a request until somebody goes on with it; one that is kept already is written anew only where it came further.
    func keep(
        _ pending: PendingAuthorization, for browser: Identity.TokenHash?
    ) async throws -> SecretText {
        let client = pending.client
        if let handle = pending.handle {
            if !pending.isWritten { try await desk.update(pending.record, handle, in: client.tenant) }
            return handle.text
        }
        return try await desk.keep(pending.record, of: client.id, in: client.tenant, for: browser).text
    }

    /// The request behind a handle, for its own browser; nil when it is unknown, answered, too old, or another browser's.
    func find(
        _ text: String, for browser: AuthorizationBrowser
    ) async throws -> PendingAuthorization? {
        guard let found = try await desk.find(text, as: PendingAuthorization.Record.self, for: browser),
            let client = clients.client(found.asker), !client.isDisabled
        else { return nil }
        return PendingAuthorization(
            record: found.record, client: client, createdAt: found.createdAt, handle: found.handle, isWritten: true)
    }

    /// Uses up the request, and what is good once of it, in the transaction that answers it.
    ///
    /// - Throws: `OAuthError` when it was answered before.
    static func useUp(_ pending: PendingAuthorization, _ tx: Transaction) throws {
        let tenant = pending.client.tenant
        if let handle = pending.handle {
            guard try tx.sql.use(handle.hash, among: .ofClients, in: tenant, at: tx.now) else {
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
                try tx.sql.use(hash, among: .ofClients, in: tenant, at: tx.now)
            else { throw OAuthError(.invalidRequestURI, "request_uri was used before") }
        case .object(let digest, let until):
            guard
                try tx.sql.noteOnce(.requestObject, digest, in: tenant, at: tx.now, until: Timestamp(seconds: until))
            else { throw OAuthError(.invalidRequestObject, "the request object was used before") }
        }
    }
}
