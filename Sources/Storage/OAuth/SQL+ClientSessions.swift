import Identity
import Vocabulary

/// A client that somebody signed in to with a session of the gateway.
public struct StoredClientSession: Sendable, Hashable {
    public let client: ClientID
    /// What the client knows the session by (`sid`).
    public let sid: String
    /// Whom the client knows.
    public let subject: String
}

/// Something that a client has still to hear: that a session ended (OpenID Connect Back-Channel Logout).
public struct LogoutNotice: Sendable, Hashable {
    public let id: Int64
    public let client: ClientID
    public let tenant: TenantID
    public let sid: String
    public let subject: String
    /// How often it was tried in vain.
    public let attempts: Int64
    public let expiresAt: Timestamp
}

extension SQLConnection {
    /// What a client knows a session by: as it was told before, or `fresh` where this is the first time.
    ///
    /// - Parameters:
    ///   - isTold: whether it hears of the session's end.
    ///   - end: when the session will have ended by itself.
    public func enterClient(
        _ client: ClientID, with session: SessionID, in tenant: TenantID, as subject: String, fresh: String,
        isTold: Bool, until end: Timestamp
    ) throws -> String {
        try execute(
            """
            INSERT INTO oauth_client_session (session, client, tenant, sid, subject, is_told, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (session, client) DO UPDATE SET subject = excluded.subject, is_told = excluded.is_told
            """,
            [
                .id(session), .id(client), .id(tenant), .text(fresh), .text(subject), .integer(isTold ? 1 : 0),
                .time(end),
            ])
        return try clientSession(of: session, at: client)?.sid ?? fresh
    }

    /// What one client knows of a session; nil where nobody signed in there with it.
    public func clientSession(of session: SessionID, at client: ClientID) throws -> StoredClientSession? {
        try queryOne(
            "SELECT client, sid, subject FROM oauth_client_session WHERE session = ?1 AND client = ?2",
            [.id(session), .id(client)]
        ).map { StoredClientSession(client: try $0.id(0), sid: try $0.text(1), subject: try $0.text(2)) }
    }

    /// Lets everything that hangs on a session go on with the one that took its place.
    public func moveGrants(from old: SessionID, to new: SessionID) throws {
        try execute("UPDATE oauth_grant SET session = ?2 WHERE session = ?1", [.id(old), .id(new)])
        try execute("UPDATE oauth_client_session SET session = ?2 WHERE session = ?1", [.id(old), .id(new)])
    }

    // MARK: Notices

    /// How long a client is tried to be told that a session ended.
    public static var logoutNoticeLifetime: Duration { .hours(6) }

    /// Leaves word for every client that a session which has just ended was used at.
    func leaveLogoutNotices(of session: SessionID, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO oauth_logout_notice (client, tenant, sid, subject, attempts, due_at, expires_at)
            SELECT client, tenant, sid, subject, 0, ?2, ?3 FROM oauth_client_session
            WHERE session = ?1 AND is_told = 1
            """, [.id(session), .time(now), .time(now + Self.logoutNoticeLifetime)])
        try execute("DELETE FROM oauth_client_session WHERE session = ?1", [.id(session)])
    }

    /// Notices whose time has come, oldest first.
    public func dueLogoutNotices(at now: Timestamp, limit: Int) throws -> [LogoutNotice] {
        try query(
            """
            SELECT id, client, tenant, sid, subject, attempts, expires_at FROM oauth_logout_notice
            WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2
            """, [.time(now), .integer(Int64(min(max(1, limit), Store.pageLimit)))]
        ).map { row in
            LogoutNotice(
                id: try row.integer(0), client: try row.id(1), tenant: try row.id(2), sid: try row.text(3),
                subject: try row.text(4), attempts: try row.integer(5), expiresAt: try row.time(6))
        }
    }

    /// When the next notice is due; nil while nobody waits for one.
    public func nextLogoutNotice() throws -> Timestamp? {
        try queryOne("SELECT min(due_at) FROM oauth_logout_notice", []).flatMap { try $0.optionalTime(0) }
    }

    /// Tries again later.
    public func postpone(_ notice: LogoutNotice, until due: Timestamp) throws {
        try execute(
            "UPDATE oauth_logout_notice SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1",
            [.integer(notice.id), .time(due)])
    }

    /// Forgets a notice: it was taken, or will never be.
    public func remove(_ notice: LogoutNotice) throws {
        try execute("DELETE FROM oauth_logout_notice WHERE id = ?1", [.integer(notice.id)])
    }

    /// How many clients have still to hear of an end.
    public func countLogoutNotices() throws -> Int64 {
        try queryOne("SELECT count(*) FROM oauth_logout_notice", [])?.integer(0) ?? 0
    }
}
