import FoundationEssentials
import Vocabulary

extension Transaction {
    /// Runs a command's body once: a repetition with the same id answers the first result and changes nothing.
    /// Results are kept in the clear and must hold ids and closed words only, never personal data.
    public func once<Result: Codable>(
        _ command: CommandID, tenant: TenantID, _ body: () throws -> Result
    ) throws -> Result {
        if let known = try commandResult(command, tenant: tenant) {
            return try JSONDecoder().decode(Result.self, from: Data(known))
        }
        let result = try body()
        try record([UInt8](JSONEncoder().encode(result)), of: command, tenant: tenant)
        return result
    }

    /// What a command answered when it was first carried out, nil when it never was.
    public func commandResult(_ command: CommandID, tenant: TenantID) throws -> [UInt8]? {
        try sql.queryOne(
            "SELECT result FROM command_result WHERE tenant = ?1 AND command = ?2", [.id(tenant), .id(command)]
        )?.blob(0)
    }

    /// Remembers a command's answer (at most 64 KiB). Throws `storage.conflict` when it has one already.
    public func record(_ result: [UInt8], of command: CommandID, tenant: TenantID) throws {
        guard result.count <= 64 << 10 else {
            throw Fault("storage.result_too_large", .ourselves, "A command's result has more than 64 KiB.")
        }
        try sql.execute(
            "INSERT INTO command_result (tenant, command, at, result) VALUES (?1, ?2, ?3, ?4)",
            [.id(tenant), .id(command), .time(now), .blob(result)])
    }

    /// Forgets at most `limit` results older than a moment; answers how many went.
    public func forgetCommands(before: Timestamp, limit: Int) throws -> Int {
        try sql.execute(
            "DELETE FROM command_result WHERE (tenant, command) IN"
                + " (SELECT tenant, command FROM command_result WHERE at < ?1 ORDER BY at LIMIT ?2)",
            [.time(before), .integer(Int64(limit))])
    }
}
