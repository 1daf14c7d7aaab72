import Identity
import SAML
import Storage
import Vocabulary

/// A request of an application on its way through a browser, with the application's metadata as they are now.
struct PendingSignOn: Sendable {
    /// What is written down.
    struct Record: Codable, Sendable {
        let request: AcceptedRequest
        /// Octets of the application's, told back as they came.
        let relayState: String?
        /// Somebody was sent to prove more than they had: once is enough.
        var hasAsked = false
    }

    var record: Record
    let application: SAMLApplication
    let entity: EntityDescriptor
    let createdAt: Timestamp
    /// Nil while nothing had to be kept.
    var handle: BearerToken?

    var request: AcceptedRequest { record.request }
    var relayState: RelayState? { record.relayState.flatMap(RelayState.init) }
}

extension PendingSignOn {
    /// Where a browser goes on with a request, below the tenant's address.
    private static let continuation = "/saml/sso/continue"

    /// The request that a login was begun for, by where it leads back to and whose it is; nil for every other login.
    static func request(
        behind login: LoginRequest, in browser: LoginBrowser, store: Store, clock: @escaping @Sendable () -> Timestamp
    ) async throws -> AcceptedRequest? {
        guard let asker = login.samlApplication,
            let parts = login.returnTarget?.split(separator: "?", maxSplits: 1), parts.count == 2,
            parts[0].hasSuffix(continuation), parts[1].hasPrefix("request=")
        else { return nil }
        let found = try await WaitingDesk(store: store, requests: .ofApplications, clock: clock).find(
            String(parts[1].dropFirst("request=".count)), as: Record.self,
            for: AuthorizationBrowser(tenant: browser.tenant, preSession: browser.preSession, session: nil))
        return found.flatMap { $0.asker == asker ? $0.record.request : nil }
    }
}

extension SignOnService {
    private var desk: WaitingDesk<IDKind.SAMLApplication> {
        WaitingDesk(store: store, requests: .ofApplications, clock: clock)
    }

    /// Keeps a request until somebody goes on with it.
    func keep(_ pending: PendingSignOn, for browser: Identity.TokenHash?) async throws -> SecretText {
        let application = pending.application
        if let handle = pending.handle {
            try await desk.update(pending.record, handle, in: application.tenant)
            return handle.text
        }
        return try await desk.keep(pending.record, of: application.id, in: application.tenant, for: browser).text
    }

    /// The request behind a handle, for its own browser; nil when it is unknown, answered, too old, or another browser's.
    func find(_ text: String, for browser: AuthorizationBrowser) async throws -> PendingSignOn? {
        guard let found = try await desk.find(text, as: PendingSignOn.Record.self, for: browser),
            let application = applications.application(found.asker), !application.isDisabled
        else { return nil }
        return PendingSignOn(
            record: found.record, application: application, entity: try await entity(of: application),
            createdAt: found.createdAt, handle: found.handle)
    }

    /// Uses the request up, in the transaction that answers it.
    ///
    /// - Throws: `MessageFault` when it was answered before.
    static func useUp(_ pending: PendingSignOn, _ tx: Transaction) throws {
        guard let handle = pending.handle else { return try noteCarried(pending, tx) }
        guard try tx.sql.use(handle.hash, among: .ofApplications, in: pending.application.tenant, at: tx.now) else {
            throw MessageFault(.stale, "the request was answered before, or is too old")
        }
    }

    /// What an enhanced client brings waits for nobody, and is noted until it is too old to be believed anyway.
    private static func noteCarried(_ pending: PendingSignOn, _ tx: Transaction) throws {
        let request = pending.request
        guard request.answerBinding == .paos, let id = request.requestID else { return }
        let isFirst = try tx.sql.noteOnce(
            .samlAuthnRequest, PeerDigest.request(id, from: request.serviceProvider),
            in: pending.application.tenant, at: tx.now,
            until: tx.now + .seconds(2 * (SAMLService.clockSkew + IdentityProviderSettings.requestAge)))
        guard isFirst else { throw MessageFault(.stale, "this request was answered before") }
    }
}
