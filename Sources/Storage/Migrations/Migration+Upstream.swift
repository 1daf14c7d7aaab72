extension Migration {
    /// What the gateway keeps as a client of other providers.
    static let upstream: [Migration] = [
        Migration(number: 310, name: "logins begun at other providers", sql: attempts),
        Migration(number: 311, name: "sessions that came of other providers", sql: sessions),
    ]

    // `hash` is of the `state`. What only we and the provider may know is sealed, and gone once an answer was taken;
    // `answer` is one that was posted, until the browser brings its cookie for it. `subject` and `sid` are digests of
    // what the ID token named.
    private static let attempts = """
        CREATE TABLE upstream_attempt (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            provider BLOB NOT NULL,
            browser BLOB NOT NULL,
            flow BLOB,
            session BLOB,
            sealed BLOB NOT NULL,
            answer BLOB,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER,
            subject BLOB,
            sid BLOB,
            id_token BLOB
        ) WITHOUT ROWID;
        CREATE INDEX upstream_attempt_by_flow ON upstream_attempt (flow) WHERE subject IS NOT NULL;
        CREATE INDEX upstream_attempt_expiring ON upstream_attempt (expires_at);
        """

    private static let sessions = """
        CREATE TABLE upstream_session (
            session BLOB PRIMARY KEY NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            tenant BLOB NOT NULL,
            provider BLOB NOT NULL,
            subject BLOB NOT NULL,
            sid BLOB,
            id_token BLOB
        ) WITHOUT ROWID;
        CREATE INDEX upstream_session_by_subject ON upstream_session (tenant, provider, subject);
        CREATE INDEX upstream_session_by_sid ON upstream_session (tenant, provider, sid) WHERE sid IS NOT NULL;
        """
}
