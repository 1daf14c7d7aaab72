import Vocabulary

extension SQLConnection {
    /// Throws away the waiting plans of a tenant's directory jobs, which hold people's data, and answers which runs
    /// they were of. The next run plans anew.
    public func dropHeldPlans(in tenant: TenantID, decidedBy: String, at now: Timestamp) throws -> [SyncRunID] {
        let held = try query("SELECT id FROM sync_run WHERE tenant = ?1 AND state = 'held'", [.id(tenant)])
            .map { try $0.id(0) as SyncRunID }
        try execute(
            """
            UPDATE sync_run SET sealed_plan = NULL, state = 'dropped', decided_by = ?2, decided_at = ?3, finished_at = ?3
            WHERE tenant = ?1 AND state = 'held'
            """, [.id(tenant), .text(decidedBy), .time(now)])
        return held
    }
}
