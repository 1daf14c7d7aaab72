extension Migration {
    /// What the gateway keeps as a client of other providers.
    static let upstream: [Migration] = [
        Migration(number: 310, name: "logins begun at other providers", sql: attempts),
        Migration(number: 311, name: "sessions that came of other providers", sql: sessions),
        Migration(number: 330, name: "refresh tokens of other providers", sql: tokens),
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

    // Not removed with its session: what is sealed is to be given back to the provider first. `asked_at` is when the
    // provider was asked last, `answered_at` when it last said something that was believed.
    private static let tokens = """
        ALTER TABLE upstream_attempt ADD COLUMN tokens BLOB;
        CREATE TABLE upstream_token (
            id BLOB PRIMARY KEY NOT NULL,
            session BLOB NOT NULL UNIQUE,
            tenant BLOB NOT NULL,
            provider BLOB NOT NULL,
            subject BLOB NOT NULL,
            sealed BLOB NOT NULL,
            asked_at INTEGER NOT NULL,
            answered_at INTEGER NOT NULL,
            busy_until INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX upstream_token_due ON upstream_token (provider, asked_at);
        """
}
