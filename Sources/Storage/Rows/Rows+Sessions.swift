import Identity
import Vocabulary

extension SQLConnection {
    // MARK: Flows

    /// The record of a login under way; nil when this tenant has none of this id. It may have expired.
    public func loginFlow(_ id: FlowID, in tenant: TenantID) throws -> LoginFlow? {
        try queryOne("SELECT record FROM login_flow WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)])
            .map { try JSONColumn.decode(LoginFlow.self, try $0.text(0)) }
    }

    /// Adds the record of a login that begins.
    public func insert(_ flow: LoginFlow) throws {
        try execute(
            "INSERT INTO login_flow (id, tenant, revision, record, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            [
                .id(flow.id), .id(flow.tenant), .integer(flow.revision), .text(JSONText.text(of: flow)),
                .time(flow.expiresAt),
            ])
    }

    /// Writes the flow back where it is still at the revision that was read; false when another request was faster.
    public func update(_ flow: LoginFlow, expecting revision: Int64) throws -> Bool {
        try execute(
            "UPDATE login_flow SET revision = ?3, record = ?4 WHERE id = ?1 AND revision = ?2",
            [.id(flow.id), .integer(revision), .integer(flow.revision), .text(JSONText.text(of: flow))]) == 1
    }

    /// Removes at most `limit` records past their lifetime, and answers how many.
    public func deleteExpiredFlows(at now: Timestamp, limit: Int) throws -> Int {
        try execute(
            "DELETE FROM login_flow WHERE id IN (SELECT id FROM login_flow WHERE expires_at < ?1 LIMIT ?2)",
            [.time(now), .integer(Int64(limit))])
    }

    // MARK: Sessions

    /// Adds a session; only the hash of its token is stored.
    public func insert(_ session: Session) throws {
        try execute(
            """
            INSERT INTO session (id, tenant, person, secret_hash, record, last_seen_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .id(session.id), .id(session.tenant), .id(session.person), .blob(session.secretHash.bytes),
                .text(JSONText.text(of: session)), .time(session.lastSeenAt),
                .time(session.createdAt + .seconds(session.lifetime.absoluteSeconds)),
            ])
    }

    /// Sessions that have not ended, of everyone: what memory is filled with at start.
    public func liveSessions(at now: Timestamp) throws -> [Session] {
        try query(
            "SELECT record, last_seen_at FROM session WHERE ended_at IS NULL AND expires_at > ?1", [.time(now)]
        ).map(Session.init(stored:))
    }

    /// A person's sessions that have neither ended nor expired.
    public func sessions(of person: PersonID, at now: Timestamp) throws -> [Session] {
        try query(
            "SELECT record, last_seen_at FROM session WHERE person = ?1 AND ended_at IS NULL AND expires_at > ?2",
            [.id(person), .time(now)]
        ).map(Session.init(stored:))
    }

    /// A person's sessions that have neither ended nor expired, but for the newest `limit`; ids order them by when they
    /// began. Every login asks, so nothing but the index is read where there are not that many.
    public func oldestSessions(of person: PersonID, beyond limit: Int, at now: Timestamp) throws -> [SessionID] {
        let (one, limit) = (SQLValue.id(person), SQLValue.integer(Int64(limit)))
        let open = "SELECT id FROM session WHERE person = ?1 AND ended_at IS NULL"
        guard try queryOne("\(open) LIMIT 1 OFFSET ?2", [one, limit]) != nil else { return [] }
        return try query("\(open) AND expires_at > ?3 ORDER BY id DESC LIMIT -1 OFFSET ?2", [one, limit, .time(now)])
            .map { try $0.id(0) }
    }

    /// Notes a use; an earlier moment than the noted one changes nothing, nor does a session that ended.
    public func touch(_ session: SessionID, at now: Timestamp) throws {
        try execute(
            "UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL AND last_seen_at < ?2",
            [.id(session), .time(now)])
    }

    /// Ends the session; false when it had ended or never was. Clients that want to hear of it are told, but for the end
    /// that only gives it a new id.
    ///
    /// - Parameter cause: who ended it by which command; nil for the gateway itself.
    public func end(
        _ session: SessionID, in tenant: TenantID, _ reason: SessionEnd, at now: Timestamp,
        by cause: EventContext? = nil
    ) throws -> Bool {
        let changed = try execute(
            "UPDATE session SET ended_at = ?3, ended = ?4 WHERE id = ?1 AND tenant = ?2 AND ended_at IS NULL",
            [.id(session), .id(tenant), .time(now), .text(reason.rawValue)])
        guard changed == 1 else { return false }
        try execute(
            "UPDATE application_session SET ended_at = ?2, ended = ?3 WHERE session = ?1 AND ended_at IS NULL",
            [.id(session), .time(now), .text(reason.rawValue)])
        if reason != .rotated {
            try leaveSignals(of: session, reason, at: now, by: cause)
            try leaveLogoutNotices(of: session, at: now)
            try leavePeerLogouts(of: session, reason, at: now)
        }
        return true
    }

    // MARK: Application sessions

    /// Sessions that have run out by themselves and were not ended yet, those that have waited longest first.
    public func overdueSessions(
        at now: Timestamp, limit: Int
    ) throws -> [(id: SessionID, tenant: TenantID, person: PersonID)] {
        try query(
            """
            SELECT id, tenant, person FROM session WHERE ended_at IS NULL AND expires_at <= ?1
            ORDER BY expires_at LIMIT ?2
            """, [.time(now), .integer(Int64(limit))]
        ).map { (try $0.id(0), try $0.id(1), try $0.id(2)) }
    }

    /// Adds an application's session under a session of the gateway.
    public func insert(_ session: ApplicationSession) throws {
        try execute(
            """
            INSERT INTO application_session (id, tenant, session, application, token_hash, record, last_seen_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """,
            [
                .id(session.id), .id(session.tenant), .id(session.parent), .id(session.application),
                .blob(session.tokenHash.bytes), try JSONColumn.encode(session), .time(session.lastSeenAt),
                .time(session.createdAt + .seconds(session.lifetime.absoluteSeconds)),
            ])
    }

    /// Every application session that has neither ended nor expired.
    public func liveApplicationSessions(at now: Timestamp) throws -> [ApplicationSession] {
        try query(
            "SELECT record, last_seen_at FROM application_session WHERE ended_at IS NULL AND expires_at > ?1",
            [.time(now)]
        ).map {
            var session = try JSONColumn.decode(ApplicationSession.self, try $0.text(0))
            session.lastSeenAt = try $0.time(1)
            return session
        }
    }

    /// Ends one application's session, and no other; false when it had ended or never was.
    public func end(
        _ session: ApplicationSessionID, in tenant: TenantID, _ reason: SessionEnd, at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE application_session SET ended_at = ?3, ended = ?4
            WHERE id = ?1 AND tenant = ?2 AND ended_at IS NULL
            """, [.id(session), .id(tenant), .time(now), .text(reason.rawValue)]) == 1
    }

    /// Notes a use, as for a session of the gateway.
    public func touch(_ session: ApplicationSessionID, at now: Timestamp) throws {
        try execute(
            "UPDATE application_session SET last_seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL AND last_seen_at < ?2",
            [.id(session), .time(now)])
    }

    // MARK: Hand-over codes

    /// Adds a code that carries a login to one application, once.
    public func insertHandOver(_ code: HandOverCode) throws {
        try execute(
            """
            INSERT INTO handover_code (code_hash, tenant, session, application, return_target, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            [
                .blob(code.hash.bytes), .id(code.tenant), .id(code.session), .id(code.application),
                .text(code.returnTarget), .time(code.expiresAt),
            ])
    }

    /// Uses the code up and answers what it stood for; nil when it was used, is too old, is another application's or
    /// never was. One conditional statement decides, so a code opens once; where it led is forgotten with it, because a
    /// query may hold what is nobody's business.
    public func redeemHandOver(
        _ hash: TokenHash, application: ApplicationID, at now: Timestamp
    ) throws -> (session: SessionID, returnTarget: String)? {
        let row = try queryOne(
            "SELECT session, return_target FROM handover_code WHERE code_hash = ?1", [.blob(hash.bytes)])
        let changed = try execute(
            """
            UPDATE handover_code SET used_at = ?3, return_target = ''
            WHERE code_hash = ?1 AND application = ?2 AND used_at IS NULL AND expires_at > ?3
            """, [.blob(hash.bytes), .id(application), .time(now)])
        guard changed == 1 else { return nil }
        return try row.map { (try $0.id(0), try $0.text(1)) }
    }
}

extension Session {
    fileprivate init(stored row: SQLRow) throws {
        self = try JSONColumn.decode(Session.self, try row.text(0))
        lastSeenAt = try row.time(1)
    }
}
