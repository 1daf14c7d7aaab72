extension Migration {
    /// Journal, keys and what belongs to them: the tables everything else is written beside.
    static let journal: [Migration] = [
        Migration(number: 1, name: "keys", sql: keys),
        Migration(number: 2, name: "journal", sql: events),
        Migration(number: 3, name: "keys that are drawn, and retired", sql: drawnKeys),
    ]

    private static let keys = """
        CREATE TABLE key_canary (
            id INTEGER PRIMARY KEY NOT NULL,
            sealed BLOB NOT NULL
        );
        CREATE TABLE tenant_key (
            tenant BLOB PRIMARY KEY NOT NULL,
            sealed BLOB NOT NULL
        );
        CREATE TABLE key_generation (
            tenant BLOB NOT NULL,
            purpose INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            activated_at INTEGER NOT NULL,
            PRIMARY KEY (tenant, purpose, generation)
        );
        CREATE TABLE person_key (
            tenant BLOB NOT NULL,
            person BLOB NOT NULL,
            id BLOB NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (tenant, person)
        );
        """

    // A key drawn at a rotation is wrapped by the master key in `sealed`; what has none there is derived from the
    // tenant's key. Retired, it is gone: `key_id` says which it was, `public_key` keeps what verifies its signatures.
    private static let drawnKeys = """
        ALTER TABLE key_generation ADD COLUMN key_id BLOB;
        ALTER TABLE key_generation ADD COLUMN sealed BLOB;
        ALTER TABLE key_generation ADD COLUMN public_key BLOB;
        ALTER TABLE key_generation ADD COLUMN retired_at INTEGER;
        """

    private static let events = """
        CREATE TABLE journal_event (
            tenant BLOB NOT NULL,
            position INTEGER NOT NULL,
            event BLOB NOT NULL UNIQUE,
            stream_kind TEXT NOT NULL,
            stream BLOB NOT NULL,
            version INTEGER NOT NULL,
            type TEXT NOT NULL,
            at INTEGER NOT NULL,
            leaf BLOB NOT NULL,
            record BLOB NOT NULL,
            PRIMARY KEY (tenant, position),
            UNIQUE (tenant, stream_kind, stream, version)
        );
        CREATE TABLE journal_section (
            tenant BLOB NOT NULL,
            position INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            person BLOB NOT NULL,
            sealed BLOB,
            PRIMARY KEY (tenant, position, ordinal)
        );
        CREATE INDEX journal_section_by_person ON journal_section (tenant, person, position);
        CREATE TABLE journal_tree (
            tenant BLOB PRIMARY KEY NOT NULL,
            epoch INTEGER NOT NULL,
            size INTEGER NOT NULL,
            frontier BLOB NOT NULL
        );
        CREATE TABLE journal_head (
            tenant BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            size INTEGER NOT NULL,
            at INTEGER NOT NULL,
            root BLOB NOT NULL,
            key_id BLOB NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (tenant, epoch, size)
        );
        CREATE TABLE erased_person (
            tenant BLOB NOT NULL,
            person BLOB NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (tenant, person)
        );
        CREATE TABLE command_result (
            tenant BLOB NOT NULL,
            command BLOB NOT NULL,
            at INTEGER NOT NULL,
            result BLOB NOT NULL,
            PRIMARY KEY (tenant, command)
        );
        CREATE INDEX command_result_by_time ON command_result (at);
        """
}
