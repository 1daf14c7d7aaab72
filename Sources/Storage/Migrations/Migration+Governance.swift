extension Migration {
    /// What is governed: its events are in the journal, so that everything here can be made again from them.
    static let governance: [Migration] = [
        Migration(number: 200, name: "what is governed, and snapshots of streams", sql: governed)
    ]

    // `type`, `scope` and `target` are what lists are narrowed by; `due_at` is when time changes it without a caller.
    private static let governed = """
        CREATE TABLE governed (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            state TEXT NOT NULL,
            type TEXT NOT NULL,
            scope TEXT,
            target BLOB,
            version INTEGER NOT NULL,
            position INTEGER NOT NULL,
            due_at INTEGER,
            PRIMARY KEY (tenant, kind, id)
        ) WITHOUT ROWID;
        CREATE INDEX governed_by_target ON governed (tenant, kind, target, id) WHERE target IS NOT NULL;
        CREATE INDEX governed_due ON governed (kind, due_at) WHERE due_at IS NOT NULL;
        CREATE TABLE stream_snapshot (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            format INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (tenant, kind, id)
        );
        CREATE TABLE governance_command (
            tenant BLOB NOT NULL,
            command BLOB NOT NULL,
            digest BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (tenant, command)
        ) WITHOUT ROWID;
        """
}
