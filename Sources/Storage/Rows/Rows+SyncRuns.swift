import Vocabulary

/// Where a directory job stands.
public enum SyncRunState: String, Sendable, CaseIterable, Codable {
    case running, held, applying, done, failed, dropped
}

/// One run of a directory job, as listed.
public struct StoredSyncRun: Sendable, Hashable {
    public let id: SyncRunID
    public let tenant: TenantID
    public let provider: ProviderID
    public var state: SyncRunState
    /// `schedule`, `manual`.
    public let trigger: String
    public let startedAt: Timestamp
    public var finishedAt: Timestamp?
    /// Counts, as JSON.
    public var summary: String
    /// Why it is held, as a JSON list of words and numbers.
    public var holdReasons: String
    public var appliedChunks: Int64
    public var totalChunks: Int64
    /// A stable code, never a peer's text.
    public var failure: String?
    /// Who released or dropped it.
    public var decidedBy: String?
    public var decidedAt: Timestamp?

    public init(
        id: SyncRunID, tenant: TenantID, provider: ProviderID, trigger: String, startedAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.provider = provider
        self.trigger = trigger
        self.startedAt = startedAt
        state = .running
        summary = "{}"
        holdReasons = "[]"
        appliedChunks = 0
        totalChunks = 0
    }
}

extension SQLConnection {
    /// Adds the record of a run that begins.
    public func insert(_ run: StoredSyncRun) throws {
        try execute(
            "INSERT INTO sync_run (id, tenant, provider, state, trigger, started_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .id(run.id), .id(run.tenant), .id(run.provider), .text(run.state.rawValue), .text(run.trigger),
                .time(run.startedAt),
            ])
    }

    /// Writes the run back where it is still in `state`; false when somebody decided it meanwhile.
    @discardableResult
    public func update(_ run: StoredSyncRun, from state: SyncRunState) throws -> Bool {
        try execute(
            """
            UPDATE sync_run SET state = ?3, finished_at = ?4, summary = ?5, hold_reasons = ?6, applied_chunks = ?7,
                total_chunks = ?8, failure = ?9, decided_by = ?10, decided_at = ?11 WHERE id = ?1 AND state = ?2
            """,
            [
                .id(run.id), .text(state.rawValue), .text(run.state.rawValue), .time(run.finishedAt),
                .text(run.summary), .text(run.holdReasons), .integer(run.appliedChunks), .integer(run.totalChunks),
                .optional(run.failure), .optional(run.decidedBy), .time(run.decidedAt),
            ]) == 1
    }

    /// Keeps the sealed plan of a held run, or forgets it with nil.
    public func setSealedPlan(_ plan: [UInt8]?, of run: SyncRunID) throws {
        try execute("UPDATE sync_run SET sealed_plan = ?2 WHERE id = ?1", [.id(run), .optional(plan)])
    }

    /// The sealed plan, nil when the run keeps none.
    public func sealedPlan(of run: SyncRunID) throws -> [UInt8]? {
        try queryOne("SELECT sealed_plan FROM sync_run WHERE id = ?1", [.id(run)])?.optionalBlob(0)
    }

    /// The record of one run; nil when there is none of this id.
    public func syncRun(_ id: SyncRunID, in tenant: TenantID) throws -> StoredSyncRun? {
        try queryOne(
            "SELECT \(StoredSyncRun.columns) FROM sync_run WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]
        )
        .map(StoredSyncRun.init(row:))
    }

    /// The provider's newest directory job that was applied; nil before there is one.
    public func newestAppliedRun(of provider: ProviderID, in tenant: TenantID) throws -> SyncRunID? {
        try queryOne(
            "SELECT id FROM sync_run WHERE tenant = ?1 AND provider = ?2 AND state = 'done'"
                + " ORDER BY started_at DESC LIMIT 1", [.id(tenant), .id(provider)]
        )?.id(0)
    }

    /// A page of runs, newest first (an id begins with the time it was made at), those before `last`.
    public func syncRuns(
        in tenant: TenantID, provider: ProviderID? = nil, before last: SyncRunID? = nil, limit: Int
    ) throws -> [StoredSyncRun] {
        try query(
            """
            SELECT \(StoredSyncRun.columns) FROM sync_run
            WHERE tenant = ?1 AND (?2 IS NULL OR provider = ?2) AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4
            """, [.id(tenant), .id(provider), .id(last), .integer(Int64(limit))]
        ).map(StoredSyncRun.init(row:))
    }
}

extension StoredSyncRun {
    static let columns = """
        id, tenant, provider, state, trigger, started_at, finished_at, summary, hold_reasons, applied_chunks, \
        total_chunks, failure, decided_by, decided_at
        """

    init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), provider: try row.id(2), trigger: try row.text(4),
            startedAt: try row.time(5))
        state = try word(SyncRunState.self, try row.text(3))
        finishedAt = try row.optionalTime(6)
        summary = try row.text(7)
        holdReasons = try row.text(8)
        appliedChunks = try row.integer(9)
        totalChunks = try row.integer(10)
        failure = try row.optionalText(11)
        decidedBy = try row.optionalText(12)
        decidedAt = try row.optionalTime(13)
    }
}
