import Vocabulary

/// One event of a stream, read back in full.
public struct StreamEvent: Sendable {
    /// Its place in the tenant's journal.
    public let position: Int64
    /// Its place in the stream, from 1 without gaps.
    public let version: Int64
    public let type: String
    public let at: Timestamp
    public let actor: Actor
    public let command: CommandID
    public let facts: [Fact]
    /// In the order they were written, proven against their commitments; without text where the holder was erased.
    public let sections: [OpenedSection]
}

extension SQLConnection {
    /// The version of a stream's newest event, 0 when there is none.
    public func streamVersion(_ stream: Stream, in tenant: TenantID) throws -> Int64 {
        try queryOne(
            "SELECT version FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3"
                + " ORDER BY version DESC LIMIT 1", [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)]
        )?.integer(0) ?? 0
    }

    /// Where a stream's newest event stands, and what it says; nil where there is none.
    public func newestEvent(
        of stream: Stream, in tenant: TenantID
    ) throws -> (position: Int64, envelope: EventEnvelope)? {
        try queryOne(
            "SELECT position, record FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3"
                + " ORDER BY version DESC LIMIT 1", [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)]
        ).map { (try $0.integer(0), try EnvelopeCodec.decode($0.blob(1))) }
    }

    /// What the stream's newest event of this type says; nil where there is none.
    public func newestFacts(of type: String, in stream: Stream, tenant: TenantID) throws -> [Fact]? {
        try queryOne(
            "SELECT record FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3 AND type = ?4"
                + " ORDER BY version DESC LIMIT 1",
            [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id), .text(type)]
        ).map { try EnvelopeCodec.decode($0.blob(0)).facts }
    }

    /// When the stream's newest event of this type was written; nil where there is none.
    public func newestTime(of type: String, in stream: Stream, tenant: TenantID) throws -> Timestamp? {
        try queryOne(
            "SELECT at FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3 AND type = ?4"
                + " ORDER BY version DESC LIMIT 1",
            [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id), .text(type)]
        ).map { try $0.time(0) }
    }

    /// The events of one stream after a version, oldest first, at most `limit` (1 to 1,000), with their sections
    /// opened; the caller has checked that the reader may see them. Throws `storage.corrupt` when the stream has a gap
    /// or a row that is not about its record, and `keys.refused` for a section that does not fit its commitment.
    public func streamEvents(
        _ stream: Stream, in tenant: TenantID, after version: Int64 = 0, limit: Int = 1_000, keys: KeyRing
    ) throws -> [StreamEvent] {
        let rows = try query(
            "SELECT position, record FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3"
                + " AND version > ?4 ORDER BY version LIMIT ?5",
            [
                .id(tenant), .text(stream.kind.rawValue), .blob(stream.id), .integer(version),
                .integer(Int64(min(max(1, limit), Store.pageLimit))),
            ])
        var opener = SectionOpener(tenant: tenant, keys: keys, connection: self)
        var expected = version
        return try rows.map { row in
            expected += 1
            let (position, envelope) = (try row.integer(0), try EnvelopeCodec.decode(row.blob(1)))
            guard envelope.tenant == tenant, envelope.stream == stream, envelope.streamVersion == expected else {
                throw Fault("storage.corrupt", .ourselves, "A stream of kind \(stream.kind.rawValue) has a gap.")
            }
            return StreamEvent(
                position: position, version: expected, type: envelope.type, at: envelope.at, actor: envelope.actor,
                command: envelope.command, facts: envelope.facts,
                sections: try opener.open(envelope.commitments, at: position))
        }
    }
}

/// Opens the sections of many events of one tenant, unwrapping each holder's key once.
struct SectionOpener {
    let tenant: TenantID
    let keys: KeyRing
    let connection: any SQLConnection
    private var known: [PersonID: PersonKey] = [:]

    init(tenant: TenantID, keys: KeyRing, connection: any SQLConnection) {
        (self.tenant, self.keys, self.connection) = (tenant, keys, connection)
    }

    /// The sections of one event.
    ///
    /// - Parameter holder: whose; nil for everybody's.
    mutating func open(
        _ commitments: [Commitment], at position: Int64, of holder: PersonID? = nil
    ) throws -> [OpenedSection] {
        guard commitments.contains(where: { holder == nil || $0.person == holder }) else { return [] }
        let rows = try connection.query(
            "SELECT sealed FROM journal_section WHERE tenant = ?1 AND position = ?2 ORDER BY ordinal",
            [.id(tenant), .integer(position)])
        guard rows.count == commitments.count else { throw AuthenticatedCipher.refused }
        var opened: [OpenedSection] = []
        for (row, commitment) in zip(rows, commitments) where holder == nil || commitment.person == holder {
            let plaintext = try row.optionalBlob(0).map { sealed in
                try SealedSection.open(sealed, commitment, key: key(of: commitment.person))
            }
            opened.append(OpenedSection(person: commitment.person, name: commitment.name, plaintext: plaintext))
        }
        return opened
    }

    private mutating func key(of person: PersonID) throws -> PersonKey {
        if let key = known[person] { return key }
        guard let key = try keys.personKey(person, tenant, connection) else { throw AuthenticatedCipher.refused }
        known[person] = key
        return key
    }
}
