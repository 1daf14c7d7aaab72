import Crypto
import Foundation
import Governance
import Identity
import Logging
import Storage
import Vocabulary

/// Turns what happens to approvals into notices. The journal is what it reads, behind a mark that moves in the
/// transaction that puts the notices into the outbox: a restart loses none and doubles none.
public actor ApprovalFeed {
    /// Events of the journal that are looked at in one go.
    static let eventLimit = 100
    private static let pollInterval: Duration = .seconds(1)

    private let notifier: Notifier
    private let table: AuthorizationTable
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private var store: Store { notifier.store }

    init(
        _ notifier: Notifier, _ table: AuthorizationTable, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        (self.notifier, self.table, self.clock, self.logger) = (notifier, table, clock, logger)
    }

    /// Looks on until the task is cancelled; what fails is tried again.
    func run() async {
        while !Task.isCancelled {
            do { try await advance() } catch {
                logger.error("approvals could not be announced", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: Self.pollInterval) } catch { return }
        }
    }

    /// Announces what has happened since the last time, in every tenant that somebody is told of.
    public func advance() async throws {
        for tenant in notifier.tenants.all where notifier.isHeard(in: tenant.id) {
            while try await advance(in: tenant.id) {}
        }
    }

    private static let kind: StreamKind = "governed.notices"

    /// True where there may be more.
    private func advance(in tenant: TenantID) async throws -> Bool {
        guard let known = try await mark(in: tenant) else { return false }
        let batch = try await store.ask(tenant, now: clock()) { view in
            let places = try view.sql.approvalPlaces(in: tenant, after: known, limit: Self.eventLimit)
            return (news: try places.compactMap { try view.approvalNews($0) }, last: places.last?.position)
        }
        guard let last = batch.last else { return false }
        let authorization = try await table.snapshot(of: tenant)
        let caller = Caller(tenant: tenant, actor: .system("notifications"), command: .random(at: clock()))
        try await store.govern(by: caller, .spool) { [notifier] writer in
            for news in batch.news { try notifier.announce(news, authorization, writer) }
            try Self.put(last, writer.tx, tenant)
        }
        return true
    }

    /// How far the journal was read. Whoever begins to listen hears what happens from then on.
    private func mark(in tenant: TenantID) async throws -> Int64? {
        let stream = Storage.Stream(kind: Self.kind, id: tenant.bytes)
        let known = try await store.read { sql in try sql.governed(stream, in: tenant)?.position }
        if let known { return known }
        try await store.write(.spool) { tx in
            try Self.put(try tx.sql.journalPosition(of: tenant), tx, tenant)
        }
        return nil
    }

    private static func put(_ position: Int64, _ tx: Transaction, _ tenant: TenantID) throws {
        let known = try tx.sql.governed(Storage.Stream(kind: kind, id: tenant.bytes), in: tenant)
        try tx.sql.put(
            GovernedRow(
                tenant: tenant, kind: kind, id: tenant.bytes, state: "active", type: "notices",
                version: (known?.version ?? 0) + 1, position: position))
    }
}

/// One thing that happened to an approval, and how the approval stood then.
struct ApprovalNews: Sendable {
    let event: EventID
    let happened: ApprovalEvent
    let approval: Approval
}

extension GovernedView {
    /// What an event of the journal says of an approval; nil for one that is not there.
    func approvalNews(_ place: JournalPlace) throws -> ApprovalNews? {
        guard let id = ApprovalID(bytes: place.stream) else { return nil }
        var (state, news): (Approval?, ApprovalNews?) = (nil, nil)
        try Governed.approval(id).forEach(sql, in: tenant, keys: keys) { recorded, stored in
            guard stored.version <= place.version else { return }
            try Approval.aggregate.apply(&state, recorded)
            if stored.version == place.version, let state {
                news = ApprovalNews(event: place.event, happened: recorded.event, approval: state)
            }
        }
        return news
    }
}

extension Gateway {
    /// Announces what happens to approvals, to whoever is configured to hear of it.
    public var approvalFeed: ApprovalFeed {
        ApprovalFeed(notifier, authorization, clock: clock, logger: logger)
    }

    /// Carries to people and systems what waits for them: once, now. The housekeeping does it all the time.
    public func notify() async throws {
        try await approvalFeed.advance()
        for courier in outbox { await courier.deliver() }
    }
}
