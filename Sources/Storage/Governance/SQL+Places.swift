import Vocabulary

/// Where an event stands, without its content.
public struct JournalPlace: Sendable, Hashable {
    public let position: Int64
    public let event: EventID
    public let kind: StreamKind
    /// The id of its stream, sixteen bytes.
    public let stream: [UInt8]
    /// Its place in the stream.
    public let version: Int64
    public let type: String
}

extension SQLConnection {
    /// The newest events about entitlements and their assignments, before a position, newest first.
    public func entitlementPlaces(in tenant: TenantID, before position: Int64, limit: Int) throws -> [JournalPlace] {
        // Word for word the condition of the index, or it is not used.
        try query(
            JournalPlace.columns
                + " FROM journal_event WHERE tenant = ?1 AND position < ?2"
                + " AND stream_kind IN ('governed.entitlement', 'governed.entitlement_assignment')"
                + " ORDER BY position DESC LIMIT ?3", [.id(tenant), .integer(position), .integer(Int64(limit))]
        ).map(JournalPlace.init(row:))
    }

    /// Events that a target system is told of after a position, oldest first: who gets and who loses what.
    public func provisioningPlaces(in tenant: TenantID, after position: Int64, limit: Int) throws -> [JournalPlace] {
        // Word for word the condition of the index, or it is not used.
        try query(
            JournalPlace.columns
                + " FROM journal_event WHERE tenant = ?1 AND position > ?2 AND \(Migration.provisioningCondition)"
                + " ORDER BY position LIMIT ?3", [.id(tenant), .integer(position), .integer(Int64(limit))]
        ).map(JournalPlace.init(row:))
    }

    /// Events about approvals after a position, oldest first.
    public func approvalPlaces(in tenant: TenantID, after position: Int64, limit: Int) throws -> [JournalPlace] {
        // Word for word the condition of the index, or it is not used.
        try query(
            JournalPlace.columns
                + " FROM journal_event WHERE tenant = ?1 AND position > ?2 AND stream_kind = 'governed.approval'"
                + " ORDER BY position LIMIT ?3", [.id(tenant), .integer(position), .integer(Int64(limit))]
        ).map(JournalPlace.init(row:))
    }

    /// Where an event of the tenant stands, nil when there is none of this id.
    public func journalPlace(of event: EventID, in tenant: TenantID) throws -> JournalPlace? {
        try queryOne(
            JournalPlace.columns + " FROM journal_event WHERE event = ?1 AND tenant = ?2", [.id(event), .id(tenant)]
        )
        .map(JournalPlace.init(row:))
    }

    /// When an event was written, nil where the tenant has none there.
    public func time(of place: JournalPlace) throws -> Timestamp? {
        try queryOne("SELECT record FROM journal_event WHERE event = ?1", [.id(place.event)])
            .map { try EnvelopeCodec.decode($0.blob(0)).at }
    }

    /// Events after a position, oldest first, at most `limit`.
    public func places(in tenant: TenantID, after position: Int64, limit: Int) throws -> [JournalPlace] {
        try query(
            JournalPlace.columns + " FROM journal_event WHERE tenant = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
            [.id(tenant), .integer(position), .integer(Int64(limit))]
        ).map(JournalPlace.init(row:))
    }
}

extension JournalPlace {
    static let columns = "SELECT position, event, stream_kind, stream, version, type"

    init(row: SQLRow) throws {
        self.init(
            position: try row.integer(0), event: try row.id(1), kind: StreamKind(rawValue: try row.text(2)),
            stream: try row.blob(3), version: try row.integer(4), type: try row.text(5))
    }
}
