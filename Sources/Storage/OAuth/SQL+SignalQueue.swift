import Crypto
import Identity
import Vocabulary

/// One event that waits on a stream.
public struct StoredSignal: Sendable, Hashable {
    /// Its place: events of a stream are told in this order.
    public let id: Int64
    public let stream: SignalStreamID
    /// The same however often it is told (RFC 8417 §2.2).
    public let jti: String
    public let record: SignalRecord
    public let madeAt: Timestamp
    public let expiresAt: Timestamp
}

/// How much waits for receivers, and for how long.
public enum SignalQueue {
    /// Events that wait on one stream; the oldest goes for one more.
    public static let limit = 10_000
    /// How long an event waits, on a stream that is paused or whose receiver is away.
    public static let lifetime: Duration = .days(7)

    /// What everything that came of one cause has in common on a stream (SSF 1.0 §4.1.9). Another stream has another name for
    /// the same cause: by one name receivers could find out that two of their pairwise subjects are one person.
    public static func transaction(of cause: [UInt8], on stream: SignalStreamID) -> String {
        let digest = SHA256.hash(data: stream.bytes + cause)
        return digest.prefix(16).map { hexadecimal($0) }.joined()
    }
}

extension SQLConnection {
    /// Lets an event wait on a stream. Where too many wait, the oldest goes and is counted.
    public func leave(_ record: SignalRecord, on stream: SignalStreamID, at now: Timestamp) throws {
        try execute(
            "INSERT INTO signal (stream, jti, kind, record, made_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .id(stream), .text(EventID.random(at: now).description), .text(record.kind.rawValue),
                try JSONColumn.encode(record), .time(now), .time(now + SignalQueue.lifetime),
            ])
        // The newest but `limit`: found by the index alone, because nearly always there is none.
        let dropped = try execute(
            """
            DELETE FROM signal WHERE stream = ?1 AND id <=
                (SELECT id FROM signal WHERE stream = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, [.id(stream), .integer(Int64(SignalQueue.limit))])
        guard dropped > 0 else { return }
        try execute(
            "UPDATE signal_stream SET dropped = dropped + ?2 WHERE id = ?1", [.id(stream), .integer(Int64(dropped))])
    }

    /// Leaves word of a session that has just ended for every receiver whose client it was used at, by the names that the
    /// client knows the person and the session by.
    func leaveSignals(
        of session: SessionID, _ reason: SessionEnd, at now: Timestamp, by cause: EventContext?
    ) throws {
        let listeners = try query(
            """
            SELECT s.id, c.sid, c.subject FROM oauth_client_session c JOIN signal_stream s ON s.client = c.client
            WHERE c.session = ?1 AND s.wants_sessions = 1 AND s.status <> 'disabled'
            """, [.id(session)])
        for row in listeners {
            let stream: SignalStreamID = try row.id(0)
            var record = SignalRecord(
                .sessionRevoked,
                transaction: SignalQueue.transaction(of: cause?.command.bytes ?? session.bytes, on: stream),
                happenedAt: now.seconds)
            (record.sid, record.subject) = (try row.text(1), try row.text(2))
            (record.initiator, record.reason) = (reason.initiator(cause?.actor), reason.rawValue)
            try leave(record, on: stream, at: now)
        }
    }

    /// Streams of a tenant that hear of changed credentials of a person: those about everybody, and those whose client the
    /// person has been at.
    public func credentialListeners(of person: PersonID, in tenant: TenantID) throws -> [SignalStream] {
        try query(
            """
            SELECT \(SignalStream.columns) FROM signal_stream s
            WHERE s.tenant = ?1 AND s.wants_credentials = 1 AND s.status <> 'disabled' AND (s.is_about_everybody = 1
                OR EXISTS (SELECT 1 FROM oauth_grant g WHERE g.person = ?2 AND g.client = s.client)
                OR EXISTS (SELECT 1 FROM oauth_consent k WHERE k.person = ?2 AND k.client = s.client))
            ORDER BY s.id
            """, [.id(tenant), .id(person)]
        ).map(SignalStream.init(row:))
    }

    // MARK: Delivery

    // What says that a stream was paused or disabled goes out on it all the same (SSF §8.1.5).
    private static var ready: String {
        """
        s.endpoint IS NOT NULL AND EXISTS (SELECT 1 FROM oauth_client c WHERE c.id = s.client AND c.is_disabled = 0)
            AND EXISTS (SELECT 1 FROM signal q WHERE q.stream = s.id
                AND (s.status = 'enabled' OR q.kind = 'stream-updated'))
        """
    }

    /// Streams with something to push whose time has come, those that have waited longest first.
    public func dueSignalStreams(at now: Timestamp, limit: Int) throws -> [SignalStreamID] {
        try query(
            "SELECT s.id FROM signal_stream s WHERE s.due_at <= ?1 AND \(Self.ready) ORDER BY s.due_at, s.id LIMIT ?2",
            [.time(now), .integer(Int64(limit))]
        ).map { try $0.id(0) }
    }

    /// When the next push is due; nil while nothing waits.
    public func nextSignalDue(after now: Timestamp) throws -> Timestamp? {
        try queryOne(
            "SELECT min(s.due_at) FROM signal_stream s WHERE s.due_at > ?1 AND \(Self.ready)", [.time(now)]
        ).flatMap { try $0.optionalTime(0) }
    }

    /// The stream and the event that it has to push next; nil when there is nothing to push on it now.
    public func nextPush(
        on id: SignalStreamID, at now: Timestamp
    ) throws -> (stream: SignalStream, signal: StoredSignal)? {
        guard
            let stream = try queryOne(
                "SELECT \(SignalStream.columns) FROM signal_stream s WHERE s.id = ?1 AND s.due_at <= ?2 AND \(Self.ready)",
                [.id(id), .time(now)]
            ).map(SignalStream.init(row:)),
            let signal = try signals(on: id, onlyUpdates: stream.status != .enabled, limit: 1).first
        else { return nil }
        return (stream, signal)
    }

    /// What waits on a stream, oldest first.
    public func signals(on id: SignalStreamID, onlyUpdates: Bool = false, limit: Int) throws -> [StoredSignal] {
        try query(
            """
            SELECT id, stream, jti, record, made_at, expires_at FROM signal
            WHERE stream = ?1 AND (?2 = 0 OR kind = 'stream-updated') ORDER BY id LIMIT ?3
            """, [.id(id), .bool(onlyUpdates), .integer(Int64(limit))]
        ).map { row in
            StoredSignal(
                id: try row.integer(0), stream: try row.id(1), jti: try row.text(2),
                record: try JSONColumn.decode(SignalRecord.self, try row.text(3)), madeAt: try row.time(4),
                expiresAt: try row.time(5))
        }
    }

    /// Forgets an event; false when it was gone.
    @discardableResult public func remove(signal jti: String, on stream: SignalStreamID) throws -> Bool {
        try execute("DELETE FROM signal WHERE stream = ?1 AND jti = ?2", [.id(stream), .text(jti)]) == 1
    }

    /// Forgets everything that waits on a stream, but for the word of its new status; answers how many events that were.
    public func removeSignals(on stream: SignalStreamID) throws -> Int {
        try execute("DELETE FROM signal WHERE stream = ?1 AND kind <> 'stream-updated'", [.id(stream)])
    }

    /// Notes that a receiver took an event, or will never take this one: `failure` says why.
    public func noteTaken(on stream: SignalStreamID, failure: String? = nil, at now: Timestamp) throws {
        try execute(
            """
            UPDATE signal_stream SET attempts = 0, failing_since = NULL, failure = ?2, due_at = ?3,
                delivered_at = CASE WHEN ?2 IS NULL THEN ?3 ELSE delivered_at END
            WHERE id = ?1
            """, [.id(stream), .optional(failure), .time(now)])
    }

    /// Notes that a try failed, and when the next one is.
    public func noteFailure(
        on stream: SignalStreamID, _ failure: String, at now: Timestamp, until due: Timestamp
    ) throws {
        try execute(
            """
            UPDATE signal_stream SET attempts = attempts + 1, failing_since = coalesce(failing_since, ?3),
                failure = ?2, due_at = ?4 WHERE id = ?1
            """, [.id(stream), .text(failure), .time(now), .time(due)])
    }

    /// Forgets at most `limit` events that have waited too long; answers how many there were on which stream.
    public func removeExpiredSignals(
        at now: Timestamp, limit: Int
    ) throws -> [(stream: SignalStreamID, tenant: TenantID, count: Int)] {
        let old = try query(
            """
            SELECT q.id, q.stream, s.tenant FROM signal q JOIN signal_stream s ON s.id = q.stream
            WHERE q.expires_at <= ?1 ORDER BY q.expires_at LIMIT ?2
            """, [.time(now), .integer(Int64(limit))]
        ).map { (try $0.integer(0), try $0.id(1) as SignalStreamID, try $0.id(2) as TenantID) }
        for (id, _, _) in old { try execute("DELETE FROM signal WHERE id = ?1", [.integer(id)]) }
        return Dictionary(grouping: old, by: { $0.1 }).map { ($0.key, $0.value[0].2, $0.value.count) }
    }

    /// How many events wait on a stream, or on all of them.
    public func countSignals(on stream: SignalStreamID? = nil) throws -> Int64 {
        try queryOne("SELECT count(*) FROM signal WHERE ?1 IS NULL OR stream = ?1", [.id(stream)])?.integer(0) ?? 0
    }

    /// How many streams there are of each status.
    public func countSignalStreams() throws -> [SignalStream.Status: Int64] {
        let rows = try query("SELECT status, count(*) FROM signal_stream GROUP BY status", [])
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try word(SignalStream.Status.self, try $0.text(0)), try $0.integer(1))
            })
    }
}

extension SessionEnd {
    /// Who made a session end (CAEP 1.0 §2).
    func initiator(_ actor: Actor?) -> String {
        switch self {
        case .logout, .upstreamLogout: "user"
        case .rule, .upstreamSilent: "policy"
        case .expired, .rotated, .restore: "system"
        case .administrator, .upstreamRevoked: "admin"
        case .personDisabled:
            if case .system = actor { "system" } else { "admin" }
        case .credentialChanged:
            switch actor {
            case .person, .anonymous: "user"
            default: "admin"
            }
        }
    }
}
