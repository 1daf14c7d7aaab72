import Vocabulary

/// Which events to list.
public struct EventFilter: Sendable, Hashable {
    /// `person.` finds `person.disabled`; nil finds every type.
    public var typePrefix: String?
    /// Exactly these types; nil for all.
    public var types: [String]?
    /// No event behind this position.
    public var last: Int64?
    public var stream: Stream?
    /// Events with a section about this person.
    public var person: PersonID?
    public init(
        typePrefix: String? = nil, types: [String]? = nil, last: Int64? = nil, stream: Stream? = nil,
        person: PersonID? = nil
    ) {
        self.typePrefix = typePrefix
        self.types = types
        self.last = last
        self.stream = stream
        self.person = person
    }
}

/// An event as stored, and what could be opened of it.
public struct JournalEntry: Sendable {
    public let position: Int64
    public let record: [UInt8]
    /// RFC 9162 leaf hash of position and record.
    public let leaf: [UInt8]
    public let envelope: EventEnvelope
    /// In the order of the commitments; empty unless asked for.
    public var sections: [OpenedSection]
}

/// A section's text, nil once its person is erased.
public struct OpenedSection: Sendable {
    public let person: PersonID
    public let name: String
    public let plaintext: [UInt8]?
}

extension Store {
    /// No page is longer.
    public static let pageLimit = 1_000
}

extension StoreReading {
    /// Events after a position, oldest first, at most `limit` (1 to 1,000). With `opening`, sections come decrypted
    /// and proven against their commitments; the caller has checked that the reader may see them.
    public func events(
        of tenant: TenantID, after position: Int64 = 0, filter: EventFilter = EventFilter(), limit: Int = 100,
        opening: Bool = false
    ) async throws -> [JournalEntry] {
        let keys = keys
        return try await read { connection in
            let (sql, values) = Store.listing(tenant, position, filter, min(max(1, limit), Store.pageLimit))
            return try connection.query(sql, values).map { row in
                let record = try row.blob(1)
                var entry = JournalEntry(
                    position: try row.integer(0), record: record, leaf: try row.blob(2),
                    envelope: try EnvelopeCodec.decode(record),
                    sections: [])
                if opening { entry.sections = try Store.open(entry, tenant, keys, connection) }
                return entry
            }
        }
    }
}

extension Store {
    fileprivate static func listing(
        _ tenant: TenantID, _ position: Int64, _ filter: EventFilter, _ limit: Int
    ) -> (String, [SQLValue]) {
        var conditions = ["tenant = ?1", "position > ?2"]
        var values: [SQLValue] = [.id(tenant), .integer(position), .integer(Int64(limit))]
        func next(_ value: SQLValue) -> String {
            values.append(value)
            return "?\(values.count)"
        }
        if let prefix = filter.typePrefix {
            conditions.append(
                "substr(type, 1, \(next(.integer(Int64(prefix.unicodeScalars.count))))) = \(next(.text(prefix)))")
        }
        if let types = filter.types {
            conditions.append("type IN (\(types.map { next(.text($0)) }.joined(separator: ", ")))")
        }
        if let last = filter.last { conditions.append("position <= \(next(.integer(last)))") }
        if let stream = filter.stream {
            conditions.append(
                "stream_kind = \(next(.text(stream.kind.rawValue))) AND stream = \(next(.blob(stream.id)))")
        }
        if let person = filter.person {
            conditions.append(
                "position IN (SELECT position FROM journal_section WHERE tenant = ?1 AND person = \(next(.id(person))))"
            )
        }
        let sql =
            "SELECT position, record, leaf FROM journal_event WHERE " + conditions.joined(separator: " AND ")
            + " ORDER BY position LIMIT ?3"
        return (sql, values)
    }

    fileprivate static func open(
        _ entry: JournalEntry, _ tenant: TenantID, _ keys: KeyRing, _ connection: any SQLConnection
    ) throws -> [OpenedSection] {
        let rows = try connection.query(
            "SELECT ordinal, sealed FROM journal_section WHERE tenant = ?1 AND position = ?2 ORDER BY ordinal",
            [.id(tenant), .integer(entry.position)])
        guard rows.count == entry.envelope.commitments.count else { throw AuthenticatedCipher.refused }
        return try zip(rows, entry.envelope.commitments).map { row, commitment in
            var plaintext: [UInt8]?
            if let sealed = try row.optionalBlob(1) {
                guard let key = try keys.personKey(commitment.person, tenant, connection) else {
                    throw AuthenticatedCipher.refused
                }
                plaintext = try SealedSection.open(sealed, commitment, key: key)
            }
            return OpenedSection(person: commitment.person, name: commitment.name, plaintext: plaintext)
        }
    }
}

extension StoreReading {
    /// How many events the tenant's journal has, and its epoch.
    public func journalSize(of tenant: TenantID) async throws -> (epoch: Int64, size: Int64) {
        try await read { connection in
            let tree = try JournalState.load(tenant, connection)
            return (tree.epoch, tree.frontier.size)
        }
    }

    /// The leaf hashes of the first `size` events, for proofs.
    public func leaves(of tenant: TenantID, size: Int64) async throws -> [[UInt8]] {
        try await read { connection in
            try connection.query(
                "SELECT leaf FROM journal_event WHERE tenant = ?1 AND position <= ?2 ORDER BY position",
                [.id(tenant), .integer(size)]
            ).map { try $0.blob(0) }
        }
    }
}
