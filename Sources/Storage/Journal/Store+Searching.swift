import Vocabulary

/// What of the journal is looked for, newest first.
public struct JournalSearch: Sendable {
    /// Only events before this position; nil begins at the end.
    public var before: Int64?
    /// `person.` finds `person.disabled`; nil finds every type.
    public var typePrefix: String?
    public var from: Timestamp?
    /// Exclusive.
    public var to: Timestamp?

    public init() {}

    /// Positions that one search looks through at most: it is held to this, because who did something, and about whom,
    /// stands inside the records.
    public static let window: Int64 = 10_000
    fileprivate static let chunk: Int64 = 500
}

extension StoreReading {
    /// Events that match, newest first, at most `limit`, and where to look on: nil at the journal's beginning. A search may
    /// end with fewer, and none, once `JournalSearch.window` positions were looked through.
    public func newestEvents(
        of tenant: TenantID, _ search: JournalSearch, limit: Int,
        matching isWanted: @Sendable (EventEnvelope) -> Bool = { _ in true }
    ) async throws -> (entries: [JournalEntry], next: Int64?) {
        var end = if let before = search.before { before } else { try await read { try Self.last(of: tenant, $0) } + 1 }
        let floor = max(1, end - JournalSearch.window)
        var found: [JournalEntry] = []
        while end > floor {
            let start = max(floor, end - JournalSearch.chunk)
            for entry in try await events(of: tenant, search, from: start, before: end) where isWanted(entry.envelope) {
                found.append(entry)
                if found.count == limit { return (found, entry.position > 1 ? entry.position : nil) }
            }
            end = start
        }
        return (found, floor > 1 ? floor : nil)
    }

    /// The event of this id; nil where the tenant has none.
    public func event(_ id: EventID, of tenant: TenantID) async throws -> JournalEntry? {
        try await read { connection in
            try connection.query(
                "SELECT position, record, leaf FROM journal_event WHERE event = ?1 AND tenant = ?2",
                [.id(id), .id(tenant)]
            ).first.map(Self.entry)
        }
    }

    private func events(
        of tenant: TenantID, _ search: JournalSearch, from start: Int64, before end: Int64
    ) async throws -> [JournalEntry] {
        try await read { connection in
            var sql =
                "SELECT position, record, leaf FROM journal_event WHERE tenant = ?1 AND position >= ?2 AND position < ?3"
            var values: [SQLValue] = [.id(tenant), .integer(start), .integer(end)]
            func next(_ value: SQLValue) -> String {
                values.append(value)
                return "?\(values.count)"
            }
            if let prefix = search.typePrefix {
                let length = next(.integer(Int64(prefix.unicodeScalars.count)))
                sql += " AND substr(type, 1, \(length)) = \(next(.text(prefix)))"
            }
            if let from = search.from { sql += " AND at >= \(next(.integer(from.microseconds)))" }
            if let to = search.to { sql += " AND at < \(next(.integer(to.microseconds)))" }
            return try connection.query(sql + " ORDER BY position DESC", values).map(Self.entry)
        }
    }

    private static func entry(_ row: SQLRow) throws -> JournalEntry {
        let record = try row.blob(1)
        return JournalEntry(
            position: try row.integer(0), record: record, leaf: try row.blob(2),
            envelope: try EnvelopeCodec.decode(record), sections: [])
    }

    private static func last(of tenant: TenantID, _ connection: any SQLConnection) throws -> Int64 {
        try connection.query("SELECT max(position) FROM journal_event WHERE tenant = ?1", [.id(tenant)])
            .first?.optionalInteger(0) ?? 0
    }
}
