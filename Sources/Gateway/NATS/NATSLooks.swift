import Storage
import Synchronization
import Vocabulary

/// When a tenant's people were last looked at for what their users of NATS may do: again when the journal tells of something
/// that could change it, and for what ends by time alone, once in a while.
final class NATSLooks: Sendable {
    private struct Look {
        let position: Int64
        let time: Timestamp
    }

    /// Roles and assignments that end at a moment write nothing then.
    private static let longest: Duration = .seconds(30)
    /// What happens all the time and gives or takes nothing; whatever is not named here is looked at.
    private static let passedOver = [
        "session", "login_flow", "grant", "client", "token_key", "signal_stream", "saml_application", "nats_operator",
        "nats_account", "nats_user",
    ]
    private let looks = Mutex<[TenantID: Look]>([:])

    /// Whether it is time to look, which then counts as done.
    func isDue(_ tenant: TenantID, _ sql: any SQLConnection, at now: Timestamp) throws -> Bool {
        // Most have nobody to look at.
        guard
            try sql.queryOne(
                "SELECT 1 FROM nats_entity WHERE tenant = ?1 AND person IS NOT NULL LIMIT 1", [.id(tenant)])
                != nil
        else { return false }
        let position = try sql.journalPosition(of: tenant)
        let last = looks.withLock { $0[tenant] }
        if let last, now < last.time + Self.longest, try !isMoved(tenant, past: last.position, sql) { return false }
        looks.withLock { $0[tenant] = Look(position: position, time: now) }
        return true
    }

    private func isMoved(_ tenant: TenantID, past position: Int64, _ sql: any SQLConnection) throws -> Bool {
        let places = Self.passedOver.indices.map { "?\($0 + 3)" }.joined(separator: ", ")
        return try sql.queryOne(
            """
            SELECT 1 FROM journal_event WHERE tenant = ?1 AND position > ?2 AND stream_kind NOT IN (\(places)) LIMIT 1
            """, [.id(tenant), .integer(position)] + Self.passedOver.map(SQLValue.text)) != nil
    }
}
