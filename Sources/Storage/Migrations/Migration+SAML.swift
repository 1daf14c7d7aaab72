extension Migration {
    /// What the gateway keeps of those that it speaks SAML 2.0 with.
    static let saml: [Migration] = [
        Migration(number: 345, name: "requests of applications that speak SAML", sql: requests),
        Migration(number: 346, name: "who vouched for somebody", sql: vouching),
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
}
