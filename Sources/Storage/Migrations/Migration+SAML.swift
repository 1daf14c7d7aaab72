extension Migration {
    /// What the gateway keeps of those that it speaks SAML 2.0 with.
    static let saml: [Migration] = [
        Migration(number: 345, name: "requests of applications that speak SAML", sql: requests),
        Migration(number: 346, name: "who vouched for somebody", sql: vouching),
        Migration(
            number: 350, name: "sessions that SAML peers know, and sign-outs on their way", sql: sessions + logouts),
    ]

    // As `oauth_request`: what somebody is signing in for, bound to their browser.
    private static let requests = """
        CREATE TABLE saml_request (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            client BLOB NOT NULL REFERENCES saml_application(id) ON DELETE CASCADE,
            browser BLOB,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX saml_request_expiring ON saml_request (expires_at);
        """

    // JSON: entity ids or issuers from the nearest on, and what they say of the way (SAML Core §2.7.2.2).
    private static let vouching = """
        ALTER TABLE upstream_attempt ADD COLUMN vouching TEXT;
        ALTER TABLE upstream_session ADD COLUMN vouching TEXT;
        """

    // `peer` of an attempt is the name and session of the last answer, sealed, and `session_until` when a session that comes
    // of it ends at the latest. `name` and `session_index` are digests; what they are of is sealed, to be told back.
    private static let sessions = """
        ALTER TABLE upstream_attempt ADD COLUMN peer BLOB;
        ALTER TABLE upstream_attempt ADD COLUMN session_until INTEGER;
        CREATE TABLE saml_peer_session (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            session BLOB NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            peer TEXT NOT NULL,
            name BLOB NOT NULL,
            session_index BLOB NOT NULL,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX saml_peer_session_once ON saml_peer_session (session, role, peer, name, session_index);
        CREATE INDEX saml_peer_session_by_name ON saml_peer_session (tenant, peer, name);
        """

    // Of a session that has ended, until its peer was told: not removed with the session, but with the person. `journey` is
    // the browser's that goes round, which has the word until `due_at`; `asked` the request that it waits for an answer to.
    private static let logouts = """
        CREATE TABLE saml_peer_logout (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            session BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            peer TEXT NOT NULL,
            sealed BLOB NOT NULL,
            reason TEXT NOT NULL,
            journey BLOB,
            attempts INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX saml_peer_logout_due ON saml_peer_logout (due_at);
        CREATE INDEX saml_peer_logout_of ON saml_peer_logout (session);
        CREATE INDEX saml_peer_logout_person ON saml_peer_logout (person);
        CREATE INDEX saml_peer_logout_expiring ON saml_peer_logout (expires_at);
        CREATE TABLE saml_logout_journey (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            asked BLOB,
            revision INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX saml_logout_journey_asked ON saml_logout_journey (tenant, asked) WHERE asked IS NOT NULL;
        CREATE INDEX saml_logout_journey_expiring ON saml_logout_journey (expires_at);
        """
}
