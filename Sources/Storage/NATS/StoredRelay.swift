import Vocabulary

/// How far a tenant's journal was relayed to a stream, by the stream's name.
public struct StoredRelay: Sendable, Hashable {
    /// The position in the journal of the last event that the stream acknowledged.
    public var position: Int64
    /// Its sequence in the stream, and when that stream was made.
    public var sequence: Int64
    public var created: String

    public init(position: Int64, sequence: Int64, created: String) {
        (self.position, self.sequence, self.created) = (position, sequence, created)
    }
}

extension SQLConnection {
    /// How far it was relayed; nil where it was not yet.
    public func relay(to stream: String, in tenant: TenantID) throws -> StoredRelay? {
        try queryOne(
            "SELECT position, sequence, created FROM event_relay WHERE tenant = ?1 AND stream = ?2",
            [.id(tenant), .text(stream)]
        ).map { StoredRelay(position: try $0.integer(0), sequence: try $0.integer(1), created: try $0.text(2)) }
    }

    /// Keeps how far it was relayed.
    public func put(_ relay: StoredRelay, to stream: String, in tenant: TenantID) throws {
        try execute(
            """
            INSERT INTO event_relay (tenant, stream, position, sequence, created) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (tenant, stream) DO UPDATE SET position = excluded.position, sequence = excluded.sequence,
                created = excluded.created
            """,
            [
                .id(tenant), .text(stream), .integer(relay.position), .integer(relay.sequence), .text(relay.created),
            ])
    }

    /// Up to which position it was looked whether states have to be published before their events age out.
    public func reviewedPosition(of stream: String, in tenant: TenantID) throws -> Int64 {
        try queryOne(
            "SELECT position FROM event_review WHERE tenant = ?1 AND stream = ?2", [.id(tenant), .text(stream)]
        )?.integer(0) ?? 0
    }

    /// Keeps up to which position it was looked.
    public func putReviewedPosition(_ position: Int64, of stream: String, in tenant: TenantID) throws {
        try execute(
            """
            INSERT INTO event_review (tenant, stream, position) VALUES (?1, ?2, ?3)
            ON CONFLICT (tenant, stream) DO UPDATE SET position = excluded.position
            """, [.id(tenant), .text(stream), .integer(position)])
    }
}
