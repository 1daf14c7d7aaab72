extension Migration {
    /// Messages of SAML that wait to be fetched.
    static let samlKept: [Migration] = [
        Migration(number: 360, name: "messages of SAML that are fetched once", sql: kept)
    ]

    // `hash` is of what the message is fetched by, `owner` the one who may. What is sealed is gone once it was fetched.
    private static let kept = """
        CREATE TABLE saml_kept (
            hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            owner BLOB NOT NULL,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX saml_kept_expiring ON saml_kept (expires_at);
        """
}
