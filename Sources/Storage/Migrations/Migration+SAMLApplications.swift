extension Migration {
    /// What the gateway keeps as an identity provider of SAML 2.0.
    static let samlApplications: [Migration] = [
        Migration(number: 340, name: "applications that speak SAML", sql: applications)
    ]

    // `record` is JSON whose meaning is the gateway's business: addresses and public keys, nothing of any person. Entity ids
    // are compared octet by octet, as the column's own collation does.
    private static let applications = """
        CREATE TABLE saml_application (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            entity_id TEXT NOT NULL,
            record TEXT NOT NULL,
            managed_by TEXT NOT NULL,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            UNIQUE (tenant, entity_id)
        );
        """
}
