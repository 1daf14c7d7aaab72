import Governance
import Storage
import Vocabulary

/// An amount held back under a rule's limits until it is used or let go.
public struct LimitReservation: Sendable, Hashable {
    public let id: ReservationID
    public let rule: RuleID
    public let expiresAt: Timestamp
}

/// Reserves, commits and releases amounts under the limits of governed rules. Each is decided in the writer, on what is
/// committed: two that do not fit together cannot both pass.
public struct LimitDesk: Sendable {
    let store: Store
    let memory: LimitMemory
    var cadence = SnapshotCadence.standard

    /// How long a reservation holds when nobody says, and at most.
    public static let standardHold = Duration.minutes(5)
    public static let longestHold = LimitLedger.Bounds.longestHold

    /// What one rule is asked to hold.
    struct Wish: Sendable {
        let id: ReservationID
        let rule: RuleID
        /// Those that bind; none where passing them is only noted.
        let limits: [Limit]
        let context: LimitContext
        let usage: Usage
        let timeToLive: Duration
    }

    /// Holds an amount back. Throws `limit.exceeded` when it does not fit.
    func reserve(_ wish: Wish, by caller: Caller) async throws -> LimitReservation {
        try await store.write(.administration) { [self] tx in
            let command = LimitCommand.reserve(wish.id, wish.usage, timeToLive: wish.timeToLive)
            let (ledger, position) = try carry(out: command, wish.rule, wish.limits, wish.context, caller, tx)
            guard let held = ledger.reservations[wish.id] else {
                throw Fault("limit.unheld", .ourselves, "A reservation was written and is not there.")
            }
            let reservation = LimitReservation(id: wish.id, rule: wish.rule, expiresAt: held.expiresAt)
            let holder = Self.holder(caller)
            try tx.sql.put(Self.row(reservation, .held, holder, caller.tenant, ledger.version, position))
            return reservation
        }
    }

    /// Counts what was held for good: it was carried out. Said again, it answers as it did, for whoever lost the answer.
    /// Throws `not_found` for a reservation that is gone, or that somebody else made, `conflict` for one that was released,
    /// and `limit.reservation_expired` for one that was not used in time.
    @discardableResult public func commit(_ id: ReservationID, by caller: Caller) async throws -> LimitReservation {
        try await end(id, .commit(id), as: .committed, by: caller)
    }

    /// Lets go of what was held: it was not carried out. Said again, it answers as it did. Throws `not_found` for a
    /// reservation that is gone, or that somebody else made, `conflict` for one that was committed.
    @discardableResult public func release(_ id: ReservationID, by caller: Caller) async throws -> LimitReservation {
        try await end(id, .release(id), as: .released, by: caller)
    }

    /// What became of a reservation.
    private enum ReservationState: String {
        case held, committed, released
    }

    private static func row(
        _ reservation: LimitReservation, _ state: ReservationState, _ holder: String?, _ tenant: TenantID,
        _ version: Int64, _ position: Int64
    ) -> GovernedRow {
        GovernedRow(
            tenant: tenant, kind: kind, id: reservation.id.bytes, state: state.rawValue, type: "reservation",
            scope: holder, target: reservation.rule.bytes, version: version, position: position,
            dueAt: reservation.expiresAt)
    }

    /// Whose a reservation is: nobody else commits or releases it, but for the machine's administrator.
    private static func holder(_ caller: Caller) -> String? {
        caller.principal.map { "\($0.subject.kind):\($0.subject.id)" }
    }

    private func end(
        _ id: ReservationID, _ command: LimitCommand, as end: ReservationState, by caller: Caller
    ) async throws -> LimitReservation {
        try await store.write(.administration) { [self] tx in
            let row = try tx.sql.governed(Stream(Self.kind, id), in: caller.tenant)
            guard let row, let rule = row.target.flatMap({ RuleID(bytes: $0) }), let due = row.dueAt,
                caller.principal == nil || row.scope == Self.holder(caller)
            else {
                throw Fault.notFound("reservation")
            }
            let reservation = LimitReservation(id: id, rule: rule, expiresAt: due)
            if row.state == end.rawValue { return reservation }
            guard row.state == ReservationState.held.rawValue else {
                throw Fault("conflict", .caller, "The reservation was \(row.state) already.")
            }
            let (ledger, position) = try carry(out: command, rule, [], LimitContext(), caller, tx)
            // Kept until it would have ended, so that a request sent again is known again.
            try tx.sql.put(Self.row(reservation, end, row.scope, caller.tenant, ledger.version, position))
            return reservation
        }
    }

    /// Writes the end of reservations that nobody used in time, in every tenant. Answers how many ended.
    @discardableResult public func endWhatIsDue(now: Timestamp, limit: Int = 1_000) async throws -> Int {
        let rows = try await store.read { try $0.governedDue(Self.kind, at: now, limit: limit) }
        var ended = 0
        for (tenant, rows) in Dictionary(grouping: rows, by: \.tenant) {
            for (target, rows) in Dictionary(grouping: rows, by: \.target) {
                guard let rule = target.flatMap({ RuleID(bytes: $0) }) else { continue }
                try await expire(rows, of: rule, in: tenant, now)
                ended += rows.count
            }
        }
        return ended
    }

    private func expire(_ rows: [GovernedRow], of rule: RuleID, in tenant: TenantID, _ now: Timestamp) async throws {
        let caller = Caller(tenant: tenant, actor: .system("scheduler"), command: .random(at: now))
        try await store.write(.administration) { [self] tx in
            let (stream, loaded) = try load(rule, in: tenant, tx)
            _ = try write(loaded.state?.due(at: now) ?? [], to: loaded, of: stream, caller, tx)
            for row in rows { try tx.sql.deleteGoverned(Stream(kind: Self.kind, id: row.id), in: tenant) }
        }
    }

    // MARK: The ledger

    private static let kind = StreamKind.governed("reservation")
    private typealias LedgerStream = GovernedStream<LimitLedger, LimitEvent>

    private func carry(
        out command: LimitCommand, _ rule: RuleID, _ limits: [Limit], _ context: LimitContext, _ caller: Caller,
        _ tx: Transaction
    ) throws -> (ledger: LimitLedger, position: Int64) {
        let (stream, loaded) = try load(rule, in: caller.tenant, tx)
        let ledger = loaded.state ?? LimitLedger(rule: rule)
        let events = try refusing { try ledger.decide(command, under: limits, context, now: tx.now) }
        let after = try write(events, to: loaded, of: stream, caller, tx)
        return (after.state ?? ledger, after.position)
    }

    /// What is in memory, unless somebody before in the same batch has written more.
    private func load(
        _ rule: RuleID, in tenant: TenantID, _ tx: Transaction
    ) throws -> (LedgerStream, Loaded<LimitLedger>) {
        let stream = LedgerStream(LimitLedger.aggregate, rule)
        let present = try tx.sql.streamVersion(stream.stream, in: tenant)
        if let known = memory.ledger(of: rule, in: tenant), known.version == present {
            return (stream, Loaded(state: known, version: present))
        }
        return (stream, try stream.load(tx.sql, in: tenant, keys: store.keys))
    }

    private func write(
        _ events: [LimitEvent], to loaded: Loaded<LimitLedger>, of stream: LedgerStream, _ caller: Caller,
        _ tx: Transaction
    ) throws -> Loaded<LimitLedger> {
        guard !events.isEmpty else { return loaded }
        let after = try stream.append(events, to: loaded, by: caller, cadence: cadence, tx)
        if let ledger = after.state { tx.afterCommit { [memory] in memory.keep(ledger, in: caller.tenant) } }
        return after
    }
}

extension Gateway {
    /// Reservations under the limits of governed rules.
    public var limits: LimitDesk {
        LimitDesk(store: store, memory: authorization.limits, cadence: configuration.governance.snapshots)
    }
}
