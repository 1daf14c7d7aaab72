import Vocabulary

extension Transaction {
    /// What a command answered when it was first carried out, nil when it never was.
    public func commandResult(_ command: CommandID, tenant: TenantID) throws -> [UInt8]? {
        try sql.queryOne(
            "SELECT result FROM command_result WHERE tenant = ?1 AND command = ?2", [.id(tenant), .id(command)]
        )?.blob(0)
    }

    /// Remembers a command's answer (at most 64 KiB), in the place of what was remembered of it before. Results stand
    /// in the clear unless the caller sealed them: they must not hold personal data otherwise.
    public func record(_ result: [UInt8], of command: CommandID, tenant: TenantID) throws {
        guard result.count <= 64 << 10 else {
            throw Fault("storage.result_too_large", .ourselves, "A command's result has more than 64 KiB.")
        }
        try sql.execute(
            """
            INSERT INTO command_result (tenant, command, at, result) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (tenant, command) DO UPDATE SET result = excluded.result
            """,
            [.id(tenant), .id(command), .time(now), .blob(result)])
    }

    /// Forgets one command, so that it may be carried out again.
    public func forget(_ command: CommandID, tenant: TenantID) throws {
        try sql.execute(
            "DELETE FROM command_result WHERE tenant = ?1 AND command = ?2", [.id(tenant), .id(command)])
    }

    /// Forgets at most `limit` results older than a moment; answers how many went.
    public func forgetCommands(before: Timestamp, limit: Int) throws -> Int {
        try sql.execute(
            "DELETE FROM command_result WHERE (tenant, command) IN"
                + " (SELECT tenant, command FROM command_result WHERE at < ?1 ORDER BY at LIMIT ?2)",
            [.time(before), .integer(Int64(limit))])
    }
}
