import Foundation
import Storage
import Vocabulary

/// How many rows and events there are, and where their versions stand: equal before and after a run that wrote nothing.
struct Ledger: Equatable {
    var rows: [String: [Int64]] = [:]
    var events: [String: Int64] = [:]

    private static let tables = [
        "person": "count(*), sum(version), max(updated_at)", "identity": "count(*), max(linked_at)",
        "directory_group": "count(*), sum(version), max(updated_at)",
        "membership": "count(*), count(valid_to), max(valid_from)",
        "group_nesting": "count(*), count(valid_to), max(valid_from)",
        "person_status": "count(*), count(valid_to), max(valid_from)",
        "person_key": "count(*)", "journal_section": "count(*)",
    ]

    /// Read from the store's own file, while no gateway has it open.
    static func read(_ stage: Stage) async throws -> Ledger {
        let key = try MasterKey(file: stage.masterKeyFile)
        let store = try await Store.open(
            StoreConfiguration(directory: stage.dataFolder, node: NodeID(high: 0, low: 1)), masterKey: key,
            clock: { Timestamp(microseconds: 0) })
        let ledger = try await store.read { sql in
            var ledger = Ledger()
            for (table, numbers) in tables {
                let row = try sql.queryOne("SELECT \(numbers) FROM \(table)")
                ledger.rows[table] = row?.values.map { if case .integer(let number) = $0 { number } else { 0 } }
            }
            for row in try sql.query("SELECT type, count(*) FROM journal_event GROUP BY type") {
                ledger.events[try row.text(0)] = try row.integer(1)
            }
            return ledger
        }
        try await store.close()
        return ledger
    }

    /// Events about people and groups: all but those that tell of the run itself and of the start of the process.
    var changes: [String: Int64] {
        events.filter { $0.key.hasPrefix("person.") || $0.key.hasPrefix("group.") || $0.key.hasPrefix("identity.") }
    }

    func count(_ table: String) -> Int64 { rows[table]?.first ?? 0 }
}
