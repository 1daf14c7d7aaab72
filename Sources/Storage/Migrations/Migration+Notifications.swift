extension Migration {
    /// What people and systems are still to be told.
    static let notifications: [Migration] = [
        Migration(number: 202, name: "what is to be told to whom", sql: outbox)
    ]

    // `number` is the order in which one receiver is told; `once` is what a second notice of the same thing is known by.
    // What was taken stays, without content, until it expires. A system's answer is known again by `callback`.
    private static let outbox = """
        CREATE TABLE notification (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id BLOB NOT NULL,
            tenant BLOB NOT NULL,
            receiver TEXT NOT NULL,
            person BLOB,
            topic TEXT NOT NULL,
            once BLOB NOT NULL,
            sealed BLOB,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX notification_by_id ON notification (id);
        CREATE UNIQUE INDEX notification_once ON notification (tenant, receiver, once);
        CREATE INDEX notification_waiting ON notification (receiver, number) WHERE sealed IS NOT NULL;
        CREATE INDEX notification_expiring ON notification (expires_at);
        CREATE INDEX notification_of_person ON notification (person) WHERE person IS NOT NULL;
        CREATE TABLE callback (
            tenant BLOB NOT NULL,
            system TEXT NOT NULL,
            nonce BLOB NOT NULL,
            digest BLOB NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (tenant, system, nonce)
        ) WITHOUT ROWID;
        CREATE INDEX callback_expiring ON callback (expires_at);
        CREATE INDEX journal_of_approvals ON journal_event (tenant, position)
            WHERE stream_kind = 'governed.approval';
        """
}
