import Vocabulary

/// What a directory job grants is written chunk by chunk and becomes visible in one switch: until then its rows carry
/// the number of a switch that has not been thrown, and nothing is decided by them. A run that was interrupted leaves
/// its switch open, and the next run of the same provider throws both.
///
/// Revocations know nothing of this: they are effective as they are written.
enum GrantVisibility {
    /// Whether what a row grants was visible at a position: the condition over its column `pending`.
    static func sql(_ pending: String = "pending", by position: String) -> String {
        """
        (\(pending) IS NULL OR EXISTS
            (SELECT 1 FROM grant_switch WHERE number = \(pending) AND switched <= \(position)))
        """
    }

    /// Later than every position: visible at all by now.
    static let latest = SQLValue.integer(.max)
}

extension SQLConnection {
    /// The number under which a run's grants wait, made at the first call.
    public func grantSwitch(of run: SyncRunID, provider: ProviderID) throws -> Int64 {
        // Numbers are never used again, because rows of all runs keep theirs: switches are not deleted.
        try execute(
            """
            INSERT INTO grant_switch (number, provider, run)
            SELECT coalesce(max(number), 0) + 1, ?1, ?2 FROM grant_switch WHERE true ON CONFLICT (run) DO NOTHING
            """, [.id(provider), .id(run)])
        guard let row = try queryOne("SELECT number FROM grant_switch WHERE run = ?1", [.id(run)]) else {
            throw Fault("storage.corrupt", .ourselves, "The switch of a directory job's grants is missing.")
        }
        return try row.integer(0)
    }

    /// Makes visible what waits of a provider, from this position of the journal on; answers how many runs' grants.
    @discardableResult
    public func switchGrants(of provider: ProviderID, at position: Int64) throws -> Int {
        try execute(
            "UPDATE grant_switch SET switched = ?2 WHERE provider = ?1 AND switched IS NULL",
            [.id(provider), .integer(position)])
    }
}
