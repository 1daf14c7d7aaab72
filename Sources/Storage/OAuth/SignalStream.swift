import Vocabulary

/// The way by which one receiver hears of security events (OpenID Shared Signals Framework 1.0 §8.1.1): the receiver is a
/// client, and a stream is about the people whom that client knows.
public struct SignalStream: Sendable, Hashable {
    /// SSF §8.1.2.1.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// What happens is sent.
        case enabled
        /// What happens is held.
        case paused
        /// What happens is not even held.
        case disabled
    }

    public let id: SignalStreamID
    public let tenant: TenantID
    public let client: ClientID
    /// Where events are pushed (RFC 8935); nil where the receiver fetches them (RFC 8936).
    public var endpoint: String?
    /// The value of the `Authorization` header of each push, under the tenant's key.
    public var sealedHeader: [UInt8]?
    /// Whether the receiver itself said where events go, and not an administrator: only public addresses are called then.
    public var isStrange: Bool
    public var events: Set<SignalRecord.Kind>
    /// Whether it is told of changed credentials of everybody in the tenant, and not only of people whom its client knows.
    public var isAboutEverybody: Bool
    public var description: String?
    public var status: Status
    /// Why it is paused or disabled, in words.
    public var reason: String?
    /// Whether an administrator paused or disabled it, so that the receiver does not let it go on.
    public var isHeld = false
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp
    public let delivery: Delivery

    /// How the pushes go.
    public struct Delivery: Sendable, Hashable {
        public let dueAt: Timestamp
        /// Tries in a row that failed.
        public let attempts: Int64
        /// Since when nothing was taken.
        public let failingSince: Timestamp?
        /// Why the last try failed, in a word.
        public let failure: String?
        public let deliveredAt: Timestamp?
        /// When a verification was last asked for.
        public let verifiedAt: Timestamp?
        /// How many events had to go because too many waited.
        public let dropped: Int64
    }

    public init(
        id: SignalStreamID, tenant: TenantID, client: ClientID, endpoint: String?, sealedHeader: [UInt8]?,
        isStrange: Bool, events: Set<SignalRecord.Kind>, isAboutEverybody: Bool, description: String?,
        managedBy: ManagedBy, createdAt: Timestamp
    ) {
        (self.id, self.tenant, self.client, self.endpoint) = (id, tenant, client, endpoint)
        (self.sealedHeader, self.isStrange, self.events) = (sealedHeader, isStrange, events)
        (self.isAboutEverybody, self.description, self.managedBy) = (isAboutEverybody, description, managedBy)
        (status, reason, version, self.createdAt) = (.enabled, nil, 1, createdAt)
        delivery = Delivery(
            dueAt: createdAt, attempts: 0, failingSince: nil, failure: nil, deliveredAt: nil, verifiedAt: nil,
            dropped: 0)
    }

    static let columns = """
        s.id, s.tenant, s.client, s.endpoint, s.sealed, s.is_strange, s.events, s.is_about_everybody, s.description,
        s.status, s.reason, s.managed_by, s.version, s.created_at, s.due_at, s.attempts, s.failing_since, s.failure,
        s.delivered_at, s.verified_at, s.dropped, s.is_held
        """

    init(row: SQLRow) throws {
        (id, tenant, client) = (try row.id(0), try row.id(1), try row.id(2))
        (endpoint, sealedHeader, isStrange) = (try row.optionalText(3), try row.optionalBlob(4), try row.bool(5))
        events = Set(try row.text(6).split(separator: " ").map { try word(SignalRecord.Kind.self, String($0)) })
        (isAboutEverybody, description) = (try row.bool(7), try row.optionalText(8))
        (status, reason) = (try word(Status.self, try row.text(9)), try row.optionalText(10))
        managedBy = try word(ManagedBy.self, try row.text(11))
        (version, createdAt) = (try row.integer(12), try row.time(13))
        isHeld = try row.bool(21)
        delivery = Delivery(
            dueAt: try row.time(14), attempts: try row.integer(15), failingSince: try row.optionalTime(16),
            failure: try row.optionalText(17), deliveredAt: try row.optionalTime(18),
            verifiedAt: try row.optionalTime(19), dropped: try row.integer(20))
    }

    fileprivate var eventText: String { events.map(\.rawValue).sorted().joined(separator: " ") }
}

/// What has to be told on one stream, without what every event of it has.
public struct SignalRecord: Sendable, Hashable, Codable {
    /// The types of events, by the last part of their URIs.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case sessionRevoked = "session-revoked"
        case credentialChange = "credential-change"
        case verification
        case streamUpdated = "stream-updated"

        /// Those that a receiver chooses among; the others come with every stream.
        public static let chosen: [Kind] = [.sessionRevoked, .credentialChange]
    }

    public var kind: Kind
    /// What the receiver's client knows the person by.
    public var subject: String?
    /// What it knows the session by.
    public var sid: String?
    public var credential: String?
    public var change: String?
    /// `admin`, `user`, `policy` or `system` (CAEP 1.0 §2).
    public var initiator: String?
    /// In a word: what ended a session, or a stream's new status.
    public var reason: String?
    public var status: String?
    /// What a receiver wants to read again in its verification.
    public var state: String?
    /// The same for everything on one stream that came of one cause, and another on every other stream.
    public var transaction: String
    /// Seconds since 1970.
    public var happenedAt: Int64

    public init(_ kind: Kind, transaction: String, happenedAt: Int64) {
        self.kind = kind
        self.transaction = transaction
        self.happenedAt = happenedAt
    }
}

extension SQLConnection {
    // MARK: Streams

    /// The stream, nil when this tenant has none of this id.
    public func signalStream(_ id: SignalStreamID, in tenant: TenantID) throws -> SignalStream? {
        try queryOne(
            "SELECT \(SignalStream.columns) FROM signal_stream s WHERE s.id = ?1 AND s.tenant = ?2",
            [.id(id), .id(tenant)]
        ).map(SignalStream.init(row:))
    }

    /// A tenant's streams, by their ids: those of one client where one is named.
    public func signalStreams(in tenant: TenantID, of client: ClientID? = nil) throws -> [SignalStream] {
        try query(
            """
            SELECT \(SignalStream.columns) FROM signal_stream s
            WHERE s.tenant = ?1 AND (?2 IS NULL OR s.client = ?2) ORDER BY s.id
            """, [.id(tenant), .id(client)]
        ).map(SignalStream.init(row:))
    }

    /// Adds a stream.
    public func insert(_ stream: SignalStream) throws {
        try execute(
            """
            INSERT INTO signal_stream (id, tenant, client, endpoint, sealed, is_strange, events, wants_sessions,
                wants_credentials, is_about_everybody, description, status, managed_by, created_at, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)
            """,
            [
                .id(stream.id), .id(stream.tenant), .id(stream.client), .optional(stream.endpoint),
                .optional(stream.sealedHeader), .bool(stream.isStrange), .text(stream.eventText),
                .bool(stream.events.contains(.sessionRevoked)), .bool(stream.events.contains(.credentialChange)),
                .bool(stream.isAboutEverybody), .optional(stream.description), .text(stream.status.rawValue),
                .text(stream.managedBy.rawValue), .time(stream.createdAt),
            ])
    }

    /// Writes back what may change of a stream where it is still of the version that was read; false otherwise. What was
    /// tried in vain is tried again at once.
    public func update(_ stream: SignalStream, at now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE signal_stream SET endpoint = ?4, sealed = ?5, is_strange = ?6, events = ?7, wants_sessions = ?8,
                wants_credentials = ?9, is_about_everybody = ?10, description = ?11, status = ?12, reason = ?13,
                is_held = ?15, version = version + 1, due_at = ?14, attempts = 0, failing_since = NULL
            WHERE id = ?1 AND tenant = ?2 AND version = ?3
            """,
            [
                .id(stream.id), .id(stream.tenant), .integer(stream.version), .optional(stream.endpoint),
                .optional(stream.sealedHeader), .bool(stream.isStrange), .text(stream.eventText),
                .bool(stream.events.contains(.sessionRevoked)), .bool(stream.events.contains(.credentialChange)),
                .bool(stream.isAboutEverybody), .optional(stream.description), .text(stream.status.rawValue),
                .optional(stream.reason), .time(now), .bool(stream.isHeld),
            ]) == 1
    }

    /// Deletes a stream with what waits on it; false when there is none.
    public func deleteSignalStream(_ id: SignalStreamID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM signal_stream WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    /// Notes that a verification is asked for; false where the last was asked for after `since`.
    public func noteVerification(_ id: SignalStreamID, at now: Timestamp, since: Timestamp) throws -> Bool {
        try execute(
            "UPDATE signal_stream SET verified_at = ?2 WHERE id = ?1 AND (verified_at IS NULL OR verified_at <= ?3)",
            [.id(id), .time(now), .time(since)]) == 1
    }
}
