extension Migration {
    /// What the gateway keeps as a transmitter of shared signals.
    static let signals: [Migration] = [
        Migration(number: 320, name: "who hears of security events, and what waits for them", sql: streams)
    ]

    // `sealed` is the header that a receiver wants to see. Of a push, `due_at` is when it is tried next; an order of its own
    // keeps each stream's events as they happened. Nobody's name or address stands in `record`: only what the receiver's
    // client knows somebody by.
    private static let streams = """
        CREATE TABLE signal_stream (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            endpoint TEXT,
            sealed BLOB,
            is_strange INTEGER NOT NULL,
            events TEXT NOT NULL,
            wants_sessions INTEGER NOT NULL,
            wants_credentials INTEGER NOT NULL,
            is_about_everybody INTEGER NOT NULL DEFAULT 0,
            description TEXT,
            status TEXT NOT NULL,
            reason TEXT,
            is_held INTEGER NOT NULL DEFAULT 0,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            failure TEXT,
            delivered_at INTEGER,
            verified_at INTEGER,
            dropped INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX signal_stream_by_client ON signal_stream (client);
        CREATE INDEX signal_stream_by_tenant ON signal_stream (tenant, id);
        CREATE TABLE signal (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            stream BLOB NOT NULL REFERENCES signal_stream(id) ON DELETE CASCADE,
            jti TEXT NOT NULL,
            kind TEXT NOT NULL,
            record TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        );
        CREATE INDEX signal_of_stream ON signal (stream, id);
        CREATE UNIQUE INDEX signal_by_jti ON signal (stream, jti);
        CREATE INDEX signal_expiring ON signal (expires_at);
        """
}
