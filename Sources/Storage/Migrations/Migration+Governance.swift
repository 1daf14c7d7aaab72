extension Migration {
    /// What is governed: its events are in the journal, so that everything here can be made again from them.
    static let governance: [Migration] = [
        Migration(number: 200, name: "what is governed, and snapshots of streams", sql: governed),
        Migration(number: 201, name: "names, places and links of what is governed", sql: links),
    ]

    /// What came to governance later.
    static let provisioning: [Migration] = [
        Migration(
            number: 203, name: "what target systems are told of",
            sql: """
                CREATE INDEX journal_of_provisioning ON journal_event (tenant, position)
                    WHERE \(provisioningCondition);
                """)
    ]

    /// The events that change what somebody may do in a target system. Steps are never changed once they have run: a
    /// condition that names more is a step of its own.
    static let provisioningCondition =
        "type IN ('assignment.activated', 'assignment.assigned', 'assignment.expired', 'assignment.revoked',"
        + " 'entitlement.deleted', 'entitlement.role_bound', 'entitlement.role_unbound', 'entitlement.status_changed',"
        + " 'person.deleted', 'person.disabled', 'person.enabled', 'person.erased', 'person.restored',"
        + " 'service_account.disabled', 'service_account.enabled', 'target_finding.resolved')"

    // `type`, `scope` and `target` are what lists are narrowed by; `due_at` is when time changes it without a caller.
    private static let governed = """
        CREATE TABLE governed (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            state TEXT NOT NULL,
            type TEXT NOT NULL,
            scope TEXT,
            target BLOB,
            version INTEGER NOT NULL,
            position INTEGER NOT NULL,
            due_at INTEGER,
            PRIMARY KEY (tenant, kind, id)
        ) WITHOUT ROWID;
        CREATE INDEX governed_by_target ON governed (tenant, kind, target, id) WHERE target IS NOT NULL;
        CREATE INDEX governed_due ON governed (kind, due_at) WHERE due_at IS NOT NULL;
        CREATE TABLE stream_snapshot (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            format INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (tenant, kind, id)
        );
        CREATE TABLE governance_command (
            tenant BLOB NOT NULL,
            command BLOB NOT NULL,
            digest BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (tenant, command)
        ) WITHOUT ROWID;
        """

    // `parent` and `name` are what is unique; `name_key` is the name in lower case, for searching. A link says what a
    // thing points at where that is more than one: the roles of an entitlement, the entitlements of a rule.
    private static let links = """
        ALTER TABLE governed ADD COLUMN parent BLOB;
        ALTER TABLE governed ADD COLUMN name TEXT;
        ALTER TABLE governed ADD COLUMN name_key TEXT;
        CREATE UNIQUE INDEX governed_by_name ON governed (tenant, kind, parent, name) WHERE name IS NOT NULL;
        CREATE INDEX governed_by_parent ON governed (tenant, kind, parent, id) WHERE parent IS NOT NULL;
        CREATE TABLE governed_link (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            id BLOB NOT NULL,
            target BLOB NOT NULL,
            PRIMARY KEY (tenant, kind, id, target)
        ) WITHOUT ROWID;
        CREATE INDEX governed_link_by_target ON governed_link (tenant, kind, target, id);
        CREATE INDEX journal_of_entitlements ON journal_event (tenant, position)
            WHERE stream_kind IN ('governed.entitlement', 'governed.entitlement_assignment');
        """
}
