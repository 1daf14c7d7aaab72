import Vocabulary

/// An event of something governed, with what the organization says about itself in it, and nothing that is about a person.
public struct GovernedEvent: Sendable {
    /// Its place in the tenant's journal.
    public let position: Int64
    public let envelope: EventEnvelope
    /// Texts of the tenant's own: JSON, proven against their commitments.
    public let texts: [OpenedSection]
}

extension SQLConnection {
    /// Events of everything governed after a position, oldest first, at most `limit` (1 to 1,000). Sections about people stay
    /// sealed.
    ///
    /// - Throws: `storage.corrupt`, `journal.malformed`, and `keys.refused` for a section that does not fit its commitment.
    public func governedEvents(
        in tenant: TenantID, after position: Int64, limit: Int, keys: KeyRing
    ) throws -> [GovernedEvent] {
        let rows = try query(
            "SELECT position, record FROM journal_event WHERE tenant = ?1 AND position > ?2 AND "
                + Migration.governedCondition + " ORDER BY position LIMIT ?3",
            [.id(tenant), .integer(position), .integer(Int64(min(max(1, limit), Store.pageLimit)))])
        var opener = SectionOpener(tenant: tenant, keys: keys, connection: self)
        return try rows.map { row in
            let (position, envelope) = (try row.integer(0), try EnvelopeCodec.decode(row.blob(1)))
            return GovernedEvent(
                position: position, envelope: envelope,
                texts: try opener.open(envelope.commitments, at: position, of: PersonalSection.tenantHolder))
        }
    }

    /// The position of the newest event of anything governed; 0 where there is none.
    public func governedHead(in tenant: TenantID) throws -> Int64 {
        try queryOne(
            "SELECT position FROM journal_event WHERE tenant = ?1 AND " + Migration.governedCondition
                + " ORDER BY position DESC LIMIT 1", [.id(tenant)]
        )?.integer(0) ?? 0
    }

    /// Where events of governed things stand after a position, and when they were written, oldest first.
    public func governedPlaces(
        in tenant: TenantID, after position: Int64, limit: Int
    ) throws -> [(place: JournalPlace, at: Timestamp)] {
        try query(
            JournalPlace.columns + ", at FROM journal_event WHERE tenant = ?1 AND position > ?2 AND "
                + Migration.governedCondition + " ORDER BY position LIMIT ?3",
            [.id(tenant), .integer(position), .integer(Int64(limit))]
        ).map { (try JournalPlace(row: $0), try $0.time(6)) }
    }
}
