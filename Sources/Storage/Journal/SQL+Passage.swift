import Vocabulary

/// A record of the journal as somebody sees it who goes through all of it.
public struct PassedRecord: Sendable {
    public let position: Int64
    public let at: Timestamp
    /// RFC 9162 leaf hash of what stands there now.
    public let leaf: [UInt8]
    /// Whether that is the hash it was written with.
    public let isSound: Bool
    /// What it says; nil where that was not asked for, or cannot be read.
    public let envelope: EventEnvelope?
}

extension SQLConnection {
    /// The records of a tenant after a position and up to another, oldest first, at most `limit` (1 to 1,000), each
    /// hashed anew. Only those of a type that is wanted are decoded.
    public func passage(
        in tenant: TenantID, after position: Int64, upTo last: Int64, limit: Int, decoding wanted: (String) -> Bool
    ) throws -> [PassedRecord] {
        var passed: [PassedRecord] = []
        try forEach(
            "SELECT position, at, type, leaf, record FROM journal_event WHERE tenant = ?1 AND position > ?2"
                + " AND position <= ?3 ORDER BY position LIMIT ?4",
            [
                .id(tenant), .integer(position), .integer(last),
                .integer(Int64(min(max(1, limit), Store.pageLimit))),
            ]
        ) { row in
            let (position, record) = (try row.integer(0), try row.blob(4))
            let leaf = MerkleTree.leafHash(position: position, record: record)
            let envelope = try wanted(row.text(2)) ? try? EnvelopeCodec.decode(record) : nil
            passed.append(
                PassedRecord(
                    position: position, at: try row.time(1), leaf: leaf, isSound: try row.blob(3) == leaf,
                    envelope: envelope))
        }
        return passed
    }
}
