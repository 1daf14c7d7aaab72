extension Migration {
    /// Who signs in to servers of NATS, and by which keys.
    static let nats: [Migration] = [
        Migration(number: 370, name: "operators, accounts and users of NATS", sql: credentials),
        Migration(number: 371, name: "what was relayed to streams of NATS", sql: relays),
    ]

    /// Which events are of something governed: what no index of the journal's own finds among sign-ins.
    static let governedCondition = "stream_kind >= 'governed.' AND stream_kind < 'governed/'"

    private static let relays = """
        CREATE INDEX journal_of_governed ON journal_event (tenant, position) WHERE \(governedCondition);
        CREATE TABLE event_relay (
            tenant BLOB NOT NULL,
            stream TEXT NOT NULL,
            position INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (tenant, stream)
        ) WITHOUT ROWID;
        CREATE TABLE event_review (
            tenant BLOB NOT NULL,
            stream TEXT NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (tenant, stream)
        ) WITHOUT ROWID;
        CREATE INDEX nats_entity_public_key ON nats_entity (tenant, public_key);
        """

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
