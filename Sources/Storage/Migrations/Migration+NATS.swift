extension Migration {
    /// Who signs in to servers of NATS, and by which keys.
    static let nats: [Migration] = [
        Migration(number: 370, name: "operators, accounts and users of NATS", sql: credentials)
    ]

    // `record` is JSON whose meaning is the gateway's business. A user's name may be that of a person: whoever is erased is
    // taken away with the row. Keys stand apart, so that each is found again by rotation, and one that retired stays known.
    private static let credentials = """
        CREATE TABLE nats_entity (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            kind TEXT NOT NULL,
            parent BLOB REFERENCES nats_entity(id) ON DELETE CASCADE,
            unit BLOB,
            person BLOB,
            assignment BLOB,
            name TEXT NOT NULL,
            public_key TEXT NOT NULL,
            record TEXT NOT NULL,
            token TEXT NOT NULL,
            expires_at INTEGER,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL
        );
        CREATE INDEX nats_entity_kind ON nats_entity (tenant, kind, id);
        CREATE INDEX nats_entity_parent ON nats_entity (parent, name);
        CREATE TABLE nats_key (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            entity BLOB NOT NULL REFERENCES nats_entity(id) ON DELETE CASCADE,
            purpose TEXT NOT NULL,
            public_key TEXT NOT NULL UNIQUE,
            sealed BLOB,
            created_at INTEGER NOT NULL
        );
        CREATE INDEX nats_key_entity ON nats_key (entity);
        """
}
