import Identity
import Vocabulary

/// A refresh token of another provider, as it is kept for one session.
public struct StoredUpstreamTokens: Sendable, Hashable {
    public let id: [UInt8]
    public let session: SessionID
    public let tenant: TenantID
    public let provider: ProviderID
    /// Digest of the person there: what the tokens are sealed for.
    public let subject: [UInt8]
    public let sealed: [UInt8]
    /// When the provider was asked last, and when it last said something that was believed.
    public let askedAt: Timestamp
    public let answeredAt: Timestamp

    fileprivate init(_ row: SQLRow) throws {
        (id, session, tenant) = (try row.blob(0), try row.id(1), try row.id(2))
        (provider, subject, sealed) = (try row.id(3), try row.blob(4), try row.blob(5))
        (askedAt, answeredAt) = (try row.time(6), try row.time(7))
    }

    fileprivate static let columns =
        "t.id, t.session, t.tenant, t.provider, t.subject, t.sealed, t.asked_at, t.answered_at"
}

extension SQLConnection {
    /// Takes over what the last answer of a flow left to ask again with; nothing where it left nothing.
    func keepTokens(of session: SessionID, endedFlow flow: FlowID) throws {
        try execute(
            """
            INSERT INTO upstream_token
                (id, session, tenant, provider, subject, sealed, asked_at, answered_at, busy_until)
            SELECT hash, ?1, tenant, provider, subject, tokens, used_at, used_at, 0 FROM upstream_attempt
            WHERE flow = ?2 AND subject IS NOT NULL AND tokens IS NOT NULL ORDER BY used_at DESC LIMIT 1
            ON CONFLICT (session) DO UPDATE SET id = excluded.id, provider = excluded.provider,
                subject = excluded.subject, sealed = excluded.sealed, asked_at = excluded.asked_at,
                answered_at = excluded.answered_at, busy_until = 0
            """, [.id(session), .id(flow)])
        try execute("UPDATE upstream_attempt SET tokens = NULL WHERE flow = ?1 AND tokens IS NOT NULL", [.id(flow)])
    }

    /// Those of live sessions that the provider was not asked about since `bound`, the longest waiting first; and those that
    /// it has said nothing about since `silent`, each once in a minute.
    public func dueUpstreamTokens(
        of provider: ProviderID, askedBefore bound: Timestamp, answeredBefore silent: Timestamp, at now: Timestamp,
        limit: Int
    ) throws -> [StoredUpstreamTokens] {
        try query(
            """
            SELECT \(StoredUpstreamTokens.columns) FROM upstream_token t JOIN session s ON s.id = t.session
            WHERE t.provider = ?1 AND (t.asked_at <= ?2 OR (t.answered_at <= ?5 AND t.asked_at <= ?6))
                AND t.busy_until <= ?3 AND s.ended_at IS NULL AND s.expires_at > ?3
            ORDER BY t.asked_at LIMIT ?4
            """,
            [
                .id(provider), .time(bound), .time(now), .integer(Int64(limit)), .time(silent),
                .time(now - .minutes(1)),
            ]
        ).map { try StoredUpstreamTokens($0) }
    }

    /// Makes one asker of all that see the same row due; false for every other.
    public func claim(_ tokens: StoredUpstreamTokens, until end: Timestamp, at now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE upstream_token SET busy_until = ?3, asked_at = ?4
            WHERE id = ?1 AND asked_at = ?2 AND busy_until <= ?4
            """, [.blob(tokens.id), .time(tokens.askedAt), .time(end), .time(now)]) == 1
    }

    /// Writes what the provider gave; `answered` where what it said was believed, too.
    public func keep(
        _ sealed: [UInt8], as id: [UInt8], answered: Bool, at now: Timestamp
    ) throws {
        try execute(
            """
            UPDATE upstream_token SET sealed = ?2, busy_until = 0,
                answered_at = CASE WHEN ?3 = 1 THEN ?4 ELSE answered_at END
            WHERE id = ?1
            """, [.blob(id), .blob(sealed), .bool(answered), .time(now)])
    }

    /// Lets it be asked again when it is due.
    public func release(_ id: [UInt8]) throws {
        try execute("UPDATE upstream_token SET busy_until = 0 WHERE id = ?1", [.blob(id)])
    }

    /// The session that a row is of now, while it is there, and its person.
    public func session(ofUpstreamTokens id: [UInt8]) throws -> (session: SessionID, person: PersonID)? {
        try queryOne(
            """
            SELECT s.id, s.person FROM upstream_token t JOIN session s ON s.id = t.session
            WHERE t.id = ?1 AND s.ended_at IS NULL
            """, [.blob(id)]
        ).map { (try $0.id(0), try $0.id(1)) }
    }

    /// Those whose session has ended, has expired or is gone.
    public func orphanedUpstreamTokens(at now: Timestamp, limit: Int) throws -> [StoredUpstreamTokens] {
        try query(
            """
            SELECT \(StoredUpstreamTokens.columns) FROM upstream_token t LEFT JOIN session s ON s.id = t.session
            WHERE (s.id IS NULL OR s.ended_at IS NOT NULL OR s.expires_at <= ?1) AND t.busy_until <= ?1 LIMIT ?2
            """, [.time(now), .integer(Int64(limit))]
        ).map { try StoredUpstreamTokens($0) }
    }

    /// Those of providers that are not among these.
    public func upstreamTokens(ofOtherThan kept: [ProviderID], limit: Int) throws -> [StoredUpstreamTokens] {
        let names = kept.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
        let condition = kept.isEmpty ? "" : "WHERE t.provider NOT IN (\(names))"
        return try query(
            "SELECT \(StoredUpstreamTokens.columns) FROM upstream_token t \(condition) LIMIT ?1",
            [.integer(Int64(limit))] + kept.map { .id($0) }
        ).map { try StoredUpstreamTokens($0) }
    }

    /// Removes one; false where it was gone.
    public func removeUpstreamTokens(_ id: [UInt8]) throws -> Bool {
        try execute("DELETE FROM upstream_token WHERE id = ?1", [.blob(id)]) == 1
    }
}
