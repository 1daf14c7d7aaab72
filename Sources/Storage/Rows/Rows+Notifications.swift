import Vocabulary

/// Something that one receiver is still to be told. Its content is sealed; the row itself says nothing of anybody but,
/// by their id, who is told.
public struct NotificationRow: Sendable, Hashable {
    /// The order in which its receiver is told; 0 before it was written.
    public let number: Int64
    /// What a receiver knows a repetition by.
    public let id: NotificationID
    public let tenant: TenantID
    /// `mail`, or the name of a webhook.
    public let receiver: String
    /// The person who is told; nil for a system, and for an address that belongs to nobody here.
    public let person: PersonID?
    /// A word, such as `approval.waiting`.
    public let topic: String
    /// Two notices of one receiver with the same value are one.
    public let once: [UInt8]
    public let sealed: [UInt8]
    public let createdAt: Timestamp
    /// When nobody needs to be told any more.
    public let expiresAt: Timestamp

    public init(
        number: Int64 = 0, id: NotificationID, tenant: TenantID, receiver: String, person: PersonID? = nil,
        topic: String, once: [UInt8], sealed: [UInt8], createdAt: Timestamp, expiresAt: Timestamp
    ) {
        (self.number, self.id, self.tenant, self.receiver) = (number, id, tenant, receiver)
        (self.person, self.topic, self.once, self.sealed) = (person, topic, once, sealed)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
    }
}

extension IDKind {
    /// One thing that somebody is told.
    public enum Notification {}
}

/// The id of something that is told.
public typealias NotificationID = Identifier<IDKind.Notification>

extension SQLConnection {
    /// Puts a notice into the outbox; false where this receiver has, or was told, the same already.
    @discardableResult public func insert(_ row: NotificationRow) throws -> Bool {
        try execute(
            """
            INSERT INTO notification (id, tenant, receiver, person, topic, once, sealed, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING
            """,
            [
                .id(row.id), .id(row.tenant), .text(row.receiver), .optional(row.person?.bytes), .text(row.topic),
                .blob(row.once), .blob(row.sealed), .time(row.createdAt), .time(row.expiresAt),
            ]) == 1
    }

    /// What a receiver is to be told next, in order, at most `limit` (1 to 1,000).
    public func waitingNotifications(of receiver: String, limit: Int) throws -> [NotificationRow] {
        try query(
            """
            SELECT number, id, tenant, receiver, person, topic, once, sealed, created_at, expires_at FROM notification
            WHERE receiver = ?1 AND sealed IS NOT NULL ORDER BY number LIMIT ?2
            """, [.text(receiver), .integer(Int64(min(max(1, limit), Store.pageLimit)))]
        ).map { row in
            NotificationRow(
                number: try row.integer(0), id: try row.id(1), tenant: try row.id(2), receiver: try row.text(3),
                person: try row.optionalID(4), topic: try row.text(5), once: try row.blob(6), sealed: try row.blob(7),
                createdAt: try row.time(8), expiresAt: try row.time(9))
        }
    }

    /// How many notices wait for a receiver.
    public func countWaitingNotifications(of receiver: String) throws -> Int64 {
        try queryOne(
            "SELECT count(*) FROM notification WHERE receiver = ?1 AND sealed IS NOT NULL", [.text(receiver)])?
            .integer(0) ?? 0
    }

    /// Forgets the content of what was taken; that it was told is known until it expires.
    public func markTaken(_ numbers: some Sequence<Int64>) throws {
        for number in numbers {
            try execute("UPDATE notification SET sealed = NULL WHERE number = ?1", [.integer(number)])
        }
    }

    /// Takes away what somebody was to be told, or has been.
    public func dropNotifications(of person: PersonID) throws {
        try execute("DELETE FROM notification WHERE person = ?1", [.id(person)])
    }

    // MARK: Callbacks

    /// Remembers the nonce of a system's signed call until it is too old to be believed anyway; false for one that was
    /// seen before. Answers what the first one said, by its digest.
    public func noteCallback(
        _ nonce: [UInt8], of system: String, in tenant: TenantID, digest: [UInt8], until expiresAt: Timestamp
    ) throws -> (isNew: Bool, digest: [UInt8]) {
        let values: [SQLValue] = [.id(tenant), .text(system), .blob(nonce)]
        let isNew =
            try execute(
                """
                INSERT INTO callback (tenant, system, nonce, digest, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO NOTHING
                """, values + [.blob(digest), .time(expiresAt)]) == 1
        if isNew { return (true, digest) }
        let known = try queryOne(
            "SELECT digest FROM callback WHERE tenant = ?1 AND system = ?2 AND nonce = ?3", values)
        return (false, try known?.blob(0) ?? [])
    }
}
