import Fetch
import JOSE
import Logging
import OAuth
import Storage
import Vocabulary

/// Tells clients that a session has ended (OpenID Connect Back-Channel Logout §2.5). Each notice is for one client and is
/// tried by itself, so that nobody waits for somebody else's server; it is there across restarts, because it was written
/// with the end.
public actor LogoutCourier {
    static let batch = 64

    /// Notices that were taken, and those that were given up.
    public private(set) var delivered = 0
    public private(set) var refused = 0
    private let store: Store
    private let tenants: TenantTable
    private let clients: ClientTable
    private let keys: TokenKeyService
    private let servers: ClientServers
    private let bell: Bell
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp

    init(
        store: Store, tenants: TenantTable, clients: ClientTable, keys: TokenKeyService, servers: ClientServers,
        bell: Bell, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) {
        (self.store, self.tenants, self.clients, self.keys) = (store, tenants, clients, keys)
        (self.servers, self.bell, self.logger, self.clock) = (servers, bell, logger, clock)
    }

    /// Delivers what is due until the task is cancelled.
    func run() async {
        await bell.follow(clock: clock) {
            await deliver()
            return try? await store.read { try $0.nextLogoutNotice() }
        }
    }

    /// Tries everything that is due once.
    public func deliver() async {
        let now = clock()
        guard let due = try? await store.read({ try $0.dueLogoutNotices(at: now, limit: Self.batch) }), !due.isEmpty
        else { return }
        let outcomes = await tell(due)
        for (_, outcome) in outcomes {
            if outcome == .taken { delivered += 1 }
            if outcome == .never { refused += 1 }
        }
        // What cannot be written down now is delivered again: a client takes a repetition for what it is (§2.6).
        try? await store.write(.spool) { tx in
            for (notice, outcome) in outcomes {
                if outcome != .later {
                    try tx.sql.remove(notice)
                } else {
                    try tx.sql.postpone(notice, until: now + DeliveryPause.after(Int(notice.attempts) + 1))
                }
            }
        }
    }

    private enum Outcome: Sendable {
        case taken
        case later
        case never
    }

    /// All at once, as far as there are threads.
    private nonisolated func tell(_ notices: [LogoutNotice]) async -> [(LogoutNotice, Outcome)] {
        await withTaskGroup(of: (LogoutNotice, Outcome).self) { group in
            for notice in notices { group.addTask { (notice, await self.tell(notice)) } }
            var outcomes: [(LogoutNotice, Outcome)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private nonisolated func tell(_ notice: LogoutNotice) async -> Outcome {
        guard notice.expiresAt > clock(), let client = clients.client(notice.client),
            let address = client.metadata.backchannelLogoutURI
        else { return .never }
        do {
            let token = try await token(for: notice, client)
            var limits = FetchLimits()
            limits.responseBytes = 64 << 10
            let request = FetchRequest(
                .post, url: address, headers: [FetchHeader("Content-Type", "application/x-www-form-urlencoded")],
                body: Array(Parameters([("logout_token", token)]).encoded.utf8), limits: limits)
            let answer = try await servers.fetch(request, of: client)
            // §2.8: 200 or 204 it is; 400 says that the client will not take this one.
            if (200..<300).contains(answer.status) { return .taken }
            throw Fault("logout.refused", .peer, "The client answered \(answer.status).")
        } catch {
            logger.warning(
                "a client could not be told of a sign-out",
                metadata: [
                    "client_id": "\(client.id)", "code": "\((error as? Fault)?.code ?? "logout.failed")",
                    "attempts": "\(notice.attempts + 1)",
                ])
            return .later
        }
    }

    private nonisolated func token(for notice: LogoutNotice, _ client: OAuthClient) async throws -> String {
        let claims = LogoutToken.claims(
            issuer: tenants.publicURL(of: notice.tenant), clientID: client.name, subject: notice.subject,
            sessionID: notice.sid, id: Base64URL.encode(Randomness.bytes(16)), now: clock().seconds)
        guard let claims, let key = try await keys.keys(of: notice.tenant).signing[client.metadata.idTokenAlgorithm]
        else { throw Fault("logout.no_key", .ourselves, "Nothing signs the logout token.") }
        return try JWT.sign(claims, with: key, type: LogoutToken.type)
    }
}

extension Gateway {
    /// How many clients have still to hear of an end.
    public var waitingLogouts: Int {
        get async throws { Int(try await store.read { try $0.countLogoutNotices() }) }
    }
}
