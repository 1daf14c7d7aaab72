import Vocabulary

/// Something governed, as far as lists and schedules need it; everything else is in its stream.
public struct GovernedRow: Sendable, Hashable {
    public let tenant: TenantID
    /// The kind of its stream.
    public let kind: StreamKind
    /// Sixteen bytes.
    public let id: [UInt8]
    public let state: String
    public let type: String
    public let scope: String?
    /// What it is about, such as the policy of an exemption.
    public let target: [UInt8]?
    public let version: Int64
    /// The position of its last event in the tenant's journal.
    public let position: Int64
    /// When time alone changes it; nil when it never does.
    public let dueAt: Timestamp?

    public init(
        tenant: TenantID, kind: StreamKind, id: [UInt8], state: String, type: String, scope: String? = nil,
        target: [UInt8]? = nil, version: Int64, position: Int64, dueAt: Timestamp? = nil
    ) {
        (self.tenant, self.kind, self.id, self.state, self.type) = (tenant, kind, id, state, type)
        (self.scope, self.target, self.version) = (scope, target, version)
        (self.position, self.dueAt) = (position, dueAt)
    }
}

/// What a list of governed things is narrowed to; nil narrows nothing.
public struct GovernedFilter: Sendable, Hashable {
    public var state: String?
    public var type: String?
    public var scope: String?
    public var target: [UInt8]?

    public init(state: String? = nil, type: String? = nil, scope: String? = nil, target: [UInt8]? = nil) {
        (self.state, self.type, self.scope, self.target) = (state, type, scope, target)
    }
}

/// What a command that was carried out came to.
public struct GovernanceCommandRow: Sendable, Hashable {
    /// SHA-256 of the command's name and payload.
    public let digest: [UInt8]
    public let kind: StreamKind
    public let id: [UInt8]
    /// The stream's version afterwards.
    public let version: Int64

    public init(digest: [UInt8], kind: StreamKind, id: [UInt8], version: Int64) {
        (self.digest, self.kind, self.id, self.version) = (digest, kind, id, version)
    }
}

extension SQLConnection {
    /// Rows of one kind by id, after an id, at most `limit` (1 to 1,000).
    public func governed(
        _ kind: StreamKind, in tenant: TenantID, _ filter: GovernedFilter = GovernedFilter(), after id: [UInt8]? = nil,
        limit: Int
    ) throws -> [GovernedRow] {
        var (conditions, values) = ("tenant = ?1 AND kind = ?2", [SQLValue.id(tenant), .text(kind.rawValue)])
        func narrow(_ condition: String, _ value: SQLValue?) {
            guard let value else { return }
            values.append(value)
            conditions += " AND \(condition) ?\(values.count)"
        }
        narrow("id >", id.map(SQLValue.blob))
        narrow("state =", filter.state.map(SQLValue.text))
        narrow("type =", filter.type.map(SQLValue.text))
        narrow("scope =", filter.scope.map(SQLValue.text))
        narrow("target =", filter.target.map(SQLValue.blob))
        values.append(.integer(Int64(min(max(1, limit), Store.pageLimit))))
        return try query(
            GovernedRow.columns + " WHERE \(conditions) ORDER BY id LIMIT ?\(values.count)", values
        ).map(GovernedRow.init(row:))
    }

    /// The row of one governed thing, nil when the tenant has none of this kind and id.
    public func governed(_ stream: Stream, in tenant: TenantID) throws -> GovernedRow? {
        try queryOne(
            GovernedRow.columns + " WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
            [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)]
        ).map(GovernedRow.init(row:))
    }

    /// What time has made due in any tenant, the longest overdue first, at most `limit` (1 to 1,000).
    public func governedDue(_ kind: StreamKind, at now: Timestamp, limit: Int) throws -> [GovernedRow] {
        try query(
            GovernedRow.columns + " WHERE kind = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3",
            [.text(kind.rawValue), .time(now), .integer(Int64(min(max(1, limit), Store.pageLimit)))]
        ).map(GovernedRow.init(row:))
    }

    /// Writes a row in the place of its older self.
    public func put(_ row: GovernedRow) throws {
        try execute(
            """
            INSERT INTO governed (tenant, kind, id, state, type, scope, target, version, position, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (tenant, kind, id) DO UPDATE SET state = excluded.state, type = excluded.type,
                scope = excluded.scope, target = excluded.target, version = excluded.version,
                position = excluded.position, due_at = excluded.due_at
            """,
            [
                .id(row.tenant), .text(row.kind.rawValue), .blob(row.id), .text(row.state), .text(row.type),
                .optional(row.scope), .optional(row.target), .integer(row.version), .integer(row.position),
                .time(row.dueAt),
            ])
    }

    /// What a command came to, nil when it was never carried out.
    public func governanceCommand(_ command: CommandID, in tenant: TenantID) throws -> GovernanceCommandRow? {
        try queryOne(
            "SELECT digest, kind, id, version FROM governance_command WHERE tenant = ?1 AND command = ?2",
            [.id(tenant), .id(command)]
        ).map { row in
            GovernanceCommandRow(
                digest: try row.blob(0), kind: StreamKind(rawValue: try row.text(1)), id: try row.blob(2),
                version: try row.integer(3))
        }
    }

    /// Remembers for good what a command came to. Throws `storage.conflict` when it was carried out before.
    public func insert(_ row: GovernanceCommandRow, of command: CommandID, in tenant: TenantID) throws {
        try execute(
            "INSERT INTO governance_command (tenant, command, digest, kind, id, version)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .id(tenant), .id(command), .blob(row.digest), .text(row.kind.rawValue), .blob(row.id),
                .integer(row.version),
            ])
    }
}

extension GovernedRow {
    fileprivate static let columns =
        "SELECT tenant, kind, id, state, type, scope, target, version, position, due_at FROM governed"

    fileprivate init(row: SQLRow) throws {
        self.init(
            tenant: try row.id(0), kind: StreamKind(rawValue: try row.text(1)), id: try row.blob(2),
            state: try row.text(3), type: try row.text(4), scope: try row.optionalText(5),
            target: try row.optionalBlob(6), version: try row.integer(7), position: try row.integer(8),
            dueAt: try row.optionalTime(9))
    }
}
