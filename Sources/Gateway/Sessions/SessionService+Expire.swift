import Identity
import Storage
import Vocabulary

extension SessionService {
    /// Sessions that one turn at the writer ends, as long as it has time.
    private static let chunk = 64

    /// Ends what ran out by itself: sessions that nobody used for too long, and those whose time is over, also while the
    /// gateway was not running. Whoever wants to hear of an end hears of these, once.
    ///
    /// - Returns: how many sessions ended.
    @discardableResult
    public func endExpired(at now: Timestamp) async throws -> Int {
        var over = live.expired(at: now).map { (id: $0.id, tenant: $0.tenant, person: $0.person) }[...]
        var count = 0
        while !over.isEmpty {
            let (seen, ended) = try await end(Array(over.prefix(Self.chunk)))
            over = over.dropFirst(seen)
            count += ended
        }
        while true {
            let overdue = try await store.read { try $0.overdueSessions(at: now, limit: Self.chunk) }
            guard !overdue.isEmpty else { return count }
            count += try await end(overdue).ended
        }
    }

    /// Ends as many as there is time for, one at least.
    private func end(
        _ sessions: [(id: SessionID, tenant: TenantID, person: PersonID)]
    ) async throws -> (seen: Int, ended: Int) {
        try await store.write(.spool) { [live] tx in
            var (seen, ended) = (0, 0)
            for session in sessions where seen == 0 || ContinuousClock.now < tx.workUntil {
                seen += 1
                let caller = Caller(
                    tenant: session.tenant, actor: .system("expiry"), command: .random(at: tx.now))
                let isOver = try tx.sql.end(
                    session.id, in: session.tenant, .expired, at: tx.now, by: caller.context)
                tx.afterCommit { live.remove(session.id) }
                guard isOver else { continue }
                ended += 1
                try tx.append(
                    caller.event(
                        "session.ended", Stream("session", session.id),
                        facts: [
                            Fact("reason", .word(SessionEnd.expired.rawValue)),
                            Fact("person", .id(session.person, "person")),
                        ]))
            }
            return (seen, ended)
        }
    }
}
