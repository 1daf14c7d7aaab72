extension Migration {
    /// What the gateway keeps as an authorization server and OpenID Provider.
    static let oauth: [Migration] = [
        Migration(number: 300, name: "clients and what they were granted", sql: clients + grants),
        Migration(number: 301, name: "keys that sign tokens", sql: tokenKeys),
        Migration(number: 302, name: "who is signed in where, and who has to hear that it ended", sql: clientSessions),
    ]

    // `record` is JSON whose meaning is the gateway's business; nobody's name, address or token stands in it. Of every
    // code and token there is a hash. What a browser asked for is sealed, because it holds what applications wrote.
    private static let clients = """
        CREATE TABLE oauth_client (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            record TEXT NOT NULL,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            registration_hash BLOB,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            UNIQUE (tenant, name)
        );
        CREATE TABLE oauth_client_secret (
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            hash BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            PRIMARY KEY (client, hash)
        ) WITHOUT ROWID;
        CREATE TABLE oauth_consent (
            tenant BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            record TEXT NOT NULL,
            given_at INTEGER NOT NULL,
            PRIMARY KEY (person, client)
        ) WITHOUT ROWID;
        CREATE INDEX oauth_consent_by_client ON oauth_consent (client);
        CREATE TABLE oauth_subject (
            tenant BLOB NOT NULL,
            sector TEXT NOT NULL,
            subject TEXT NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            PRIMARY KEY (tenant, sector, person)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX oauth_subject_by_name ON oauth_subject (tenant, sector, subject);
        """

    private static let grants = """
        CREATE TABLE oauth_request (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            browser BLOB,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        );
        CREATE INDEX oauth_request_expiring ON oauth_request (expires_at);
        CREATE TABLE oauth_grant (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            person BLOB REFERENCES person(id) ON DELETE CASCADE,
            session BLOB,
            record TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended TEXT
        );
        CREATE INDEX oauth_grant_of_person ON oauth_grant (person) WHERE person IS NOT NULL;
        CREATE INDEX oauth_grant_of_session ON oauth_grant (session) WHERE session IS NOT NULL;
        CREATE INDEX oauth_grant_by_client ON oauth_grant (client);
        CREATE INDEX oauth_grant_expiring ON oauth_grant (expires_at);
        CREATE TABLE oauth_code (
            hash BLOB PRIMARY KEY NOT NULL,
            grant_id BLOB NOT NULL REFERENCES oauth_grant(id) ON DELETE CASCADE,
            record TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        );
        CREATE INDEX oauth_code_of_grant ON oauth_code (grant_id);
        CREATE INDEX oauth_code_expiring ON oauth_code (expires_at);
        CREATE TABLE oauth_refresh_token (
            hash BLOB PRIMARY KEY NOT NULL,
            grant_id BLOB NOT NULL REFERENCES oauth_grant(id) ON DELETE CASCADE,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX oauth_refresh_token_of_grant ON oauth_refresh_token (grant_id);
        CREATE INDEX oauth_refresh_token_expiring ON oauth_refresh_token (expires_at);
        CREATE TABLE oauth_access_token (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            grant_id BLOB REFERENCES oauth_grant(id) ON DELETE CASCADE,
            record TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX oauth_access_token_of_grant ON oauth_access_token (grant_id);
        CREATE INDEX oauth_access_token_expiring ON oauth_access_token (expires_at);
        CREATE TABLE oauth_device (
            hash BLOB PRIMARY KEY NOT NULL,
            user_code BLOB NOT NULL,
            tenant BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            record TEXT NOT NULL,
            state TEXT NOT NULL,
            grant_id BLOB REFERENCES oauth_grant(id) ON DELETE CASCADE,
            polled_at INTEGER,
            poll_seconds INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX oauth_device_by_user_code ON oauth_device (tenant, user_code);
        CREATE INDEX oauth_device_expiring ON oauth_device (expires_at);
        CREATE TABLE oauth_once (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            digest BLOB NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (tenant, kind, digest)
        ) WITHOUT ROWID;
        CREATE INDEX oauth_once_expiring ON oauth_once (expires_at);
        """

    // `id` is the `kid` as text. The private half is sealed for as long as the key signs, and gone afterwards; the public half
    // stays until the last token it signed has expired.
    private static let tokenKeys = """
        CREATE TABLE oauth_token_key (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            algorithm TEXT NOT NULL,
            state TEXT NOT NULL,
            sealed BLOB,
            public_key TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        );
        CREATE INDEX oauth_token_key_by_tenant ON oauth_token_key (tenant, created_at);
        """

    // `sid` is what one client knows one session by; `subject`, whom. A session's end leaves a notice for each client that
    // wants to hear of it.
    private static let clientSessions = """
        CREATE TABLE oauth_client_session (
            session BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            tenant BLOB NOT NULL,
            sid TEXT NOT NULL,
            subject TEXT NOT NULL,
            is_told INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (session, client)
        ) WITHOUT ROWID;
        CREATE INDEX oauth_client_session_by_client ON oauth_client_session (client);
        CREATE INDEX oauth_client_session_expiring ON oauth_client_session (expires_at);
        CREATE TABLE oauth_logout_notice (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            client BLOB NOT NULL REFERENCES oauth_client(id) ON DELETE CASCADE,
            tenant BLOB NOT NULL,
            sid TEXT NOT NULL,
            subject TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        );
        CREATE INDEX oauth_logout_notice_due ON oauth_logout_notice (due_at);
        CREATE INDEX oauth_logout_notice_by_client ON oauth_logout_notice (client);
        CREATE INDEX oauth_logout_notice_expiring ON oauth_logout_notice (expires_at);
        """
}
