import Vocabulary

/// A state that was folded from a stream up to a version, as bytes. It can always be thrown away and folded again.
public struct StoredSnapshot: Sendable, Hashable {
    /// The version of the last event that is folded in.
    public let version: Int64
    public let state: [UInt8]

    /// The folded state of a stream's first `version` events.
    public init(version: Int64, state: [UInt8]) {
        self.version = version
        self.state = state
    }
}

extension SQLConnection {
    /// The newest snapshot of a stream in this format, nil when there is none or only one of another format. Throws
    /// `keys.refused` for one that was not sealed for this stream and version: it would bypass the journal.
    public func snapshot(
        of stream: Stream, in tenant: TenantID, format: Int64, keys: KeyRing
    ) throws -> StoredSnapshot? {
        let row = try queryOne(
            "SELECT version, sealed FROM stream_snapshot WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND format = ?4",
            [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id), .integer(format)])
        guard let row else { return nil }
        let version = try row.integer(0)
        let state = try keys.open(
            row.blob(1), purpose: .record, tenant: tenant, context: stream.snapshotContext(version, format))
        return StoredSnapshot(version: version, state: state)
    }
}

extension Transaction {
    /// Keeps a snapshot in the place of the stream's older one, sealed, so that nobody can put a state beside the
    /// journal by editing the database.
    public func keep(
        _ snapshot: StoredSnapshot, of stream: Stream, in tenant: TenantID, format: Int64
    ) throws {
        let sealed = try keys.seal(
            snapshot.state, purpose: .record, tenant: tenant, context: stream.snapshotContext(snapshot.version, format))
        try sql.execute(
            """
            INSERT INTO stream_snapshot (tenant, kind, id, version, format, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version, format = excluded.format,
                sealed = excluded.sealed
            """,
            [
                .id(tenant), .text(stream.kind.rawValue), .blob(stream.id), .integer(snapshot.version),
                .integer(format), .blob(sealed),
            ])
    }
}

extension Stream {
    func snapshotContext(_ version: Int64, _ format: Int64) -> [UInt8] {
        var bytes = Array("snapshot:\(kind.rawValue):".utf8) + id
        bytes.append(bigEndian: version)
        bytes.append(bigEndian: format)
        return bytes
    }
}
