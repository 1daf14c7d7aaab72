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
    /// What it hangs on beside, such as an entitlement's application or an assignment's entitlement.
    public let parent: [UInt8]?
    /// Unique among the rows of its kind and parent; nil for what has none.
    public let name: String?
    public let version: Int64
    /// The position of its last event in the tenant's journal.
    public let position: Int64
    /// When time alone changes it; nil when it never does.
    public let dueAt: Timestamp?

    public init(
        tenant: TenantID, kind: StreamKind, id: [UInt8], state: String, type: String, scope: String? = nil,
        target: [UInt8]? = nil, parent: [UInt8]? = nil, name: String? = nil, version: Int64, position: Int64,
        dueAt: Timestamp? = nil
    ) {
        (self.tenant, self.kind, self.id, self.state, self.type) = (tenant, kind, id, state, type)
        (self.scope, self.target, self.parent, self.name, self.version) = (scope, target, parent, name, version)
        (self.position, self.dueAt) = (position, dueAt)
    }
}

/// What a list of governed things is narrowed to; nil narrows nothing.
public struct GovernedFilter: Sendable, Hashable {
    public var state: String?
    public var type: String?
    public var scope: String?
    public var target: [UInt8]?
    public var parent: [UInt8]?
    public var name: String?
    /// Part of the name, without regard to case.
    public var nameContains: String?

    public init(
        state: String? = nil, type: String? = nil, scope: String? = nil, target: [UInt8]? = nil,
        parent: [UInt8]? = nil, name: String? = nil, nameContains: String? = nil
    ) {
        (self.state, self.type, self.scope, self.target) = (state, type, scope, target)
        (self.parent, self.name, self.nameContains) = (parent, name, nameContains)
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
    /// Rows of one kind by id, after an id or past so many, at most `limit` (1 to 1,000).
    public func governed(
        _ kind: StreamKind, in tenant: TenantID, _ filter: GovernedFilter = GovernedFilter(), after id: [UInt8]? = nil,
        offset: Int = 0, limit: Int
    ) throws -> [GovernedRow] {
        var narrowing = filter.narrowing(kind, in: tenant)
        narrowing.add("id >", id.map(SQLValue.blob))
        let (conditions, count) = (narrowing.conditions, narrowing.values.count)
        return try query(
            GovernedRow.columns + filter.index
                + " WHERE \(conditions) ORDER BY id LIMIT ?\(count + 1) OFFSET ?\(count + 2)",
            narrowing.values + [
                .integer(Int64(min(max(1, limit), Store.pageLimit))), .integer(Int64(max(0, offset))),
            ]
        ).map(GovernedRow.init(row:))
    }

    /// Every row of one kind that a filter lets through, by id.
    public func forEachGoverned(
        _ kind: StreamKind, in tenant: TenantID, _ filter: GovernedFilter = GovernedFilter(),
        _ body: (GovernedRow) throws -> Void
    ) throws {
        let narrowing = filter.narrowing(kind, in: tenant)
        try forEach(
            GovernedRow.columns + filter.index + " WHERE \(narrowing.conditions) ORDER BY id", narrowing.values
        ) {
            try body(GovernedRow(row: $0))
        }
    }

    /// What every row of one kind in a state is about and hangs on, where time has not made it due: `scope`, `target` and
    /// `parent`. A row without any of them is left out.
    public func forEachGovernedPair(
        _ kind: StreamKind, in tenant: TenantID, state: String, at now: Timestamp,
        _ body: (_ scope: String, _ target: [UInt8], _ parent: [UInt8]) throws -> Void
    ) throws {
        try forEach(
            """
            SELECT scope, target, parent FROM governed WHERE tenant = ?1 AND kind = ?2 AND state = ?3
                AND (due_at IS NULL OR due_at > ?4) AND scope IS NOT NULL AND target IS NOT NULL AND parent IS NOT NULL
            """, [.id(tenant), .text(kind.rawValue), .text(state), .time(now)]
        ) { try body(try $0.text(0), try $0.blob(1), try $0.blob(2)) }
    }

    /// How many rows of one kind a filter lets through.
    public func countGoverned(
        _ kind: StreamKind, in tenant: TenantID, _ filter: GovernedFilter = GovernedFilter()
    ) throws -> Int64 {
        let narrowing = filter.narrowing(kind, in: tenant)
        return try queryOne(
            "SELECT count(*) FROM governed\(filter.index) WHERE \(narrowing.conditions)", narrowing.values)?
            .integer(0) ?? 0
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
            INSERT INTO governed (tenant, kind, id, state, type, scope, target, version, position, due_at, parent, name,
                name_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT (tenant, kind, id) DO UPDATE SET state = excluded.state, type = excluded.type,
                scope = excluded.scope, target = excluded.target, version = excluded.version,
                position = excluded.position, due_at = excluded.due_at, parent = excluded.parent,
                name = excluded.name, name_key = excluded.name_key
            """,
            [
                .id(row.tenant), .text(row.kind.rawValue), .blob(row.id), .text(row.state), .text(row.type),
                .optional(row.scope), .optional(row.target), .integer(row.version), .integer(row.position),
                .time(row.dueAt), .optional(row.parent), .optional(row.name), .optional(row.name?.lowercased()),
            ])
    }

    /// Takes away the row of something that is no more, and every link from it.
    public func deleteGoverned(_ stream: Stream, in tenant: TenantID) throws {
        let values: [SQLValue] = [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)]
        try execute("DELETE FROM governed WHERE tenant = ?1 AND kind = ?2 AND id = ?3", values)
        try execute("DELETE FROM governed_link WHERE tenant = ?1 AND kind = ?2 AND id = ?3", values)
    }

    // MARK: Links

    /// Says what one governed thing points at, in the place of what it pointed at before.
    public func link(_ stream: Stream, to targets: some Sequence<[UInt8]>, in tenant: TenantID) throws {
        let values: [SQLValue] = [.id(tenant), .text(stream.kind.rawValue), .blob(stream.id)]
        try execute("DELETE FROM governed_link WHERE tenant = ?1 AND kind = ?2 AND id = ?3", values)
        for target in Set(targets) {
            try execute(
                "INSERT INTO governed_link (tenant, kind, id, target) VALUES (?1, ?2, ?3, ?4)",
                values + [.blob(target)])
        }
    }

    /// The things of one kind that point at something, by id.
    public func linked(_ kind: StreamKind, to target: [UInt8], in tenant: TenantID) throws -> [[UInt8]] {
        try query(
            "SELECT id FROM governed_link WHERE tenant = ?1 AND kind = ?2 AND target = ?3 ORDER BY id",
            [.id(tenant), .text(kind.rawValue), .blob(target)]
        ).map { try $0.blob(0) }
    }

    /// The things of one kind that point at one of these (500 at most), by id, after an id, at most `limit`.
    public func linked(
        _ kind: StreamKind, toAny targets: [[UInt8]], in tenant: TenantID, after id: [UInt8]? = nil, limit: Int
    ) throws -> [[UInt8]] {
        let targets = targets.prefix(500)
        guard !targets.isEmpty else { return [] }
        // A part of each, bounded by itself: over all of them at once, every thing that points there would be sorted.
        let parts = targets.indices.map { index in
            """
            SELECT id FROM (SELECT id FROM governed_link
            WHERE tenant = ?1 AND kind = ?2 AND target = ?\(index + 5) AND id > ?3 ORDER BY id LIMIT ?4)
            """
        }
        return try query(
            "SELECT DISTINCT id FROM (\(parts.joined(separator: " UNION ALL "))) ORDER BY id LIMIT ?4",
            [.id(tenant), .text(kind.rawValue), .blob(id ?? []), .integer(Int64(min(max(1, limit), Store.pageLimit)))]
                + targets.map(SQLValue.blob)
        ).map { try $0.blob(0) }
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
        "SELECT tenant, kind, id, state, type, scope, target, version, position, due_at, parent, name FROM governed"

    fileprivate init(row: SQLRow) throws {
        self.init(
            tenant: try row.id(0), kind: StreamKind(rawValue: try row.text(1)), id: try row.blob(2),
            state: try row.text(3), type: try row.text(4), scope: try row.optionalText(5),
            target: try row.optionalBlob(6), parent: try row.optionalBlob(10), name: try row.optionalText(11),
            version: try row.integer(7), position: try row.integer(8), dueAt: try row.optionalTime(9))
    }
}

/// The conditions of a query and the values they are about.
private struct Narrowing {
    var conditions: String
    var values: [SQLValue]

    mutating func add(_ condition: String, _ value: SQLValue?, _ end: String = "") {
        guard let value else { return }
        values.append(value)
        conditions += " AND \(condition) ?\(values.count)\(end)"
    }
}

extension GovernedFilter {
    /// By which index: without statistics SQLite would rather read everything of the kind, because the rows lie in the
    /// order of that key.
    fileprivate var index: String {
        if target != nil { return " INDEXED BY governed_by_target" }
        return parent != nil && name == nil ? " INDEXED BY governed_by_parent" : ""
    }

    fileprivate func narrowing(_ kind: StreamKind, in tenant: TenantID) -> Narrowing {
        var narrowing = Narrowing(
            conditions: "tenant = ?1 AND kind = ?2", values: [.id(tenant), .text(kind.rawValue)])
        narrowing.add("state =", state.map(SQLValue.text))
        narrowing.add("type =", type.map(SQLValue.text))
        narrowing.add("scope =", scope.map(SQLValue.text))
        narrowing.add("target =", target.map(SQLValue.blob))
        narrowing.add("parent =", parent.map(SQLValue.blob))
        narrowing.add("name =", name.map(SQLValue.text))
        narrowing.add("instr(name_key,", nameContains.map { .text($0.lowercased()) }, ") > 0")
        return narrowing
    }
}
