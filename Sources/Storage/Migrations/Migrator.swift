import Vocabulary

/// Brings a database up to this binary's schema, each step in a transaction of its own.
struct Migrator {
    let migrations: [Migration]

    /// Throws `storage.schema_newer` when the database has a step this binary does not know: going back is done by
    /// restoring a backup, never by guessing.
    func run(on connection: SQLiteConnection, now: Timestamp) throws {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
                + " applied_at INTEGER NOT NULL)")
        let applied = Set(try connection.query("SELECT number FROM schema_migration").map { Int(try $0.integer(0)) })
        let known = Set(migrations.map(\.number))
        if let newest = applied.subtracting(known).max() {
            throw Fault(
                "storage.schema_newer", .ourselves,
                "The database has schema step \(newest), which this version of Gatehouse does not know.",
                remedy: "Run the newer version, or restore a backup taken before the upgrade.")
        }
        for migration in migrations where !applied.contains(migration.number) {
            try apply(migration, connection, now)
        }
    }

    private func apply(_ migration: Migration, _ connection: SQLiteConnection, _ now: Timestamp) throws {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            try connection.executeScript(migration.sql)
            try connection.execute(
                "INSERT INTO schema_migration (number, name, applied_at) VALUES (?1, ?2, ?3)",
                [.integer(Int64(migration.number)), .text(migration.name), .time(now)])
            try connection.execute("COMMIT")
        } catch {
            if connection.isInsideTransaction { try connection.execute("ROLLBACK") }
            throw error
        }
    }
}
