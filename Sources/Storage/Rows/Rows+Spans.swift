import Identity
import Vocabulary

/// A role that somebody had, from one position of the journal to another.
public struct AssignmentSpan: Sendable, Hashable {
    public let role: RoleID
    public let subject: Subject
    public let expiresAt: Timestamp?
    public let validFrom: Int64
    /// Nil while it stands.
    public let validTo: Int64?
}

/// A direct membership in a group, from one position of the journal to another.
public struct MembershipSpan: Sendable, Hashable {
    public let person: PersonID
    public let group: GroupID
    public let validFrom: Int64
    /// Nil while it stands.
    public let validTo: Int64?
}

// What was, between two positions: for lists of the past.
extension SQLConnection {
    /// The first position whose event is not before a moment; nil when all are. Looks at every event of the tenant, so
    /// for reports only.
    public func firstPosition(in tenant: TenantID, at time: Timestamp) throws -> Int64? {
        try queryOne(
            "SELECT position FROM journal_event WHERE tenant = ?1 AND at >= ?2 ORDER BY position LIMIT 1",
            [.id(tenant), .time(time)])?.integer(0)
    }

    /// The event at a position; nil where there is none.
    public func envelope(at position: Int64, in tenant: TenantID) throws -> EventEnvelope? {
        try queryOne(
            "SELECT record FROM journal_event WHERE tenant = ?1 AND position = ?2", [.id(tenant), .integer(position)]
        ).map { try EnvelopeCodec.decode($0.blob(0)) }
    }

    /// Where a stream's first event stands; nil for one that never began.
    public func beginning(of stream: Stream, in tenant: TenantID) throws -> Int64? {
        try queryOne(
            "SELECT position FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3 AND version = 1",
            [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)])?.integer(0)
    }

    /// Role assignments that held at some position from `first` to `last`, revoked ones included.
    public func assignmentSpans(in tenant: TenantID, from first: Int64, to last: Int64) throws -> [AssignmentSpan] {
        try query(
            """
            SELECT role, subject_kind, subject, expires_at, valid_from, valid_to FROM role_assignment
            WHERE tenant = ?1 AND valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?2)
            """, [.id(tenant), .integer(first), .integer(last)]
        ).compactMap { row in
            guard let subject = Subject(kind: try row.text(1), bytes: try row.blob(2)) else { return nil }
            return AssignmentSpan(
                role: try row.id(0), subject: subject, expiresAt: try row.optionalTime(3),
                validFrom: try row.integer(4), validTo: try row.optionalInteger(5))
        }
    }

    /// Direct memberships of people in these groups that held at some position from `first` to `last`; none that a
    /// directory job has yet to grant.
    public func membershipSpans(
        in tenant: TenantID, of groups: Set<GroupID>, from first: Int64, to last: Int64
    ) throws -> [MembershipSpan] {
        try query(
            """
            SELECT m.person, m.member_of, m.valid_from, m.valid_to FROM membership m
            JOIN directory_group g ON g.id = m.member_of
            WHERE g.tenant = ?1 AND m.valid_from <= ?3 AND (m.valid_to IS NULL OR m.valid_to > ?2)
                AND (m.pending IS NULL
                    OR (SELECT switched FROM grant_switch WHERE number = m.pending) IS NOT NULL)
            """, [.id(tenant), .integer(first), .integer(last)]
        ).compactMap { row in
            let group: GroupID = try row.id(1)
            guard groups.contains(group) else { return nil }
            return MembershipSpan(
                person: try row.id(0), group: group, validFrom: try row.integer(2), validTo: try row.optionalInteger(3))
        }
    }

    /// When the directory job before this one had begun that was applied to its end; nil for the first.
    public func runBefore(_ run: SyncRunID, in tenant: TenantID) throws -> Timestamp? {
        try queryOne(
            """
            SELECT max(before.started_at) FROM sync_run before JOIN sync_run this ON this.id = ?1
            WHERE before.tenant = ?2 AND before.provider = this.provider AND before.state = 'done'
                AND before.started_at < this.started_at
            """, [.id(run), .id(tenant)])?.optionalTime(0)
    }
}
