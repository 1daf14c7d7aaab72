extension Migration {
    /// The relational, erasable half of the store: directory, credentials, sessions, jobs. Numbered from 100, so that
    /// the journal's own tables (below 100) always exist first.
    static let rows: [Migration] = [
        Migration(number: 100, name: "tenants and organization", sql: tenantsAndOrganization),
        Migration(number: 101, name: "people, identities and groups", sql: directory),
        Migration(number: 102, name: "roles, mappings, assignments, policies", sql: roles),
        Migration(number: 103, name: "credentials, links and locks", sql: credentials),
        Migration(number: 104, name: "flows, sessions, applications and API keys", sql: sessions),
        Migration(number: 105, name: "providers and sync runs", sql: jobs),
        Migration(number: 106, name: "grants that become visible in one switch", sql: grantSwitches),
        Migration(number: 107, name: "what has expired can be found", sql: expiries),
        Migration(number: 108, name: "how people sign in", sql: signIns),
    ]

    // Ids are BLOB(16), times INTEGER microseconds, JSON is TEXT, booleans INTEGER. `…_key` columns hold the folded
    // form that comparisons use. A pair (valid_from, valid_to) holds journal positions, valid_to null while current:
    // "at day D" maps D to a position and reads the rows whose span contains it.

    private static let tenantsAndOrganization = """
        CREATE TABLE tenant (
            id BLOB PRIMARY KEY NOT NULL,
            slug TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL
        );
        CREATE TABLE organization_unit (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            level TEXT NOT NULL,
            parent BLOB REFERENCES organization_unit(id),
            name TEXT NOT NULL,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1
        );
        CREATE INDEX organization_unit_by_parent ON organization_unit (tenant, parent);
        """

    private static let directory = """
        CREATE TABLE person (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            login TEXT NOT NULL,
            login_key TEXT NOT NULL,
            display_name TEXT,
            given_name TEXT,
            family_name TEXT,
            mail TEXT,
            mail_key TEXT,
            locale TEXT,
            status TEXT NOT NULL,
            status_reason TEXT,
            status_at INTEGER NOT NULL,
            delete_after INTEGER,
            organization_unit BLOB REFERENCES organization_unit(id),
            department TEXT,
            manager BLOB,
            attributes TEXT NOT NULL,
            managed_by TEXT NOT NULL,
            ownership TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX person_by_login ON person (tenant, login_key);
        CREATE INDEX person_by_mail ON person (tenant, mail_key) WHERE mail_key IS NOT NULL;
        CREATE INDEX person_due_for_deletion ON person (delete_after) WHERE delete_after IS NOT NULL;
        CREATE TABLE person_status (
            person BLOB NOT NULL,
            valid_from INTEGER NOT NULL,
            valid_to INTEGER,
            tenant BLOB NOT NULL,
            status TEXT NOT NULL,
            PRIMARY KEY (person, valid_from)
        ) WITHOUT ROWID;
        CREATE TABLE identity (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            provider BLOB NOT NULL,
            subject_key TEXT NOT NULL,
            login TEXT NOT NULL,
            linked_at INTEGER NOT NULL,
            last_seen_at INTEGER
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX identity_by_subject ON identity (provider, subject_key);
        CREATE INDEX identity_by_person ON identity (person);
        CREATE TABLE directory_group (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            provider BLOB,
            upstream_key TEXT,
            upstream_name TEXT,
            description TEXT,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX group_by_upstream ON directory_group (provider, upstream_key) WHERE provider IS NOT NULL;
        CREATE INDEX group_by_name ON directory_group (tenant, name);
        CREATE TABLE membership (
            person BLOB NOT NULL,
            member_of BLOB NOT NULL,
            valid_from INTEGER NOT NULL,
            valid_to INTEGER,
            PRIMARY KEY (person, member_of, valid_from)
        ) WITHOUT ROWID;
        CREATE INDEX membership_by_group ON membership (member_of, person) WHERE valid_to IS NULL;
        CREATE TABLE group_nesting (
            child BLOB NOT NULL,
            parent BLOB NOT NULL,
            valid_from INTEGER NOT NULL,
            valid_to INTEGER,
            tenant BLOB NOT NULL,
            PRIMARY KEY (child, parent, valid_from)
        ) WITHOUT ROWID;
        CREATE INDEX group_nesting_by_tenant ON group_nesting (tenant) WHERE valid_to IS NULL;
        """

    private static let roles = """
        CREATE TABLE role (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            description TEXT,
            parents TEXT NOT NULL DEFAULT '[]',
            permissions TEXT NOT NULL DEFAULT '[]',
            is_predefined INTEGER NOT NULL DEFAULT 0,
            is_protected INTEGER NOT NULL DEFAULT 0,
            requires_mfa INTEGER NOT NULL DEFAULT 0,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1
        );
        CREATE UNIQUE INDEX role_by_name ON role (tenant, name);
        CREATE TABLE role_mapping (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            provider BLOB NOT NULL,
            match TEXT NOT NULL,
            role BLOB NOT NULL REFERENCES role(id),
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            valid_from INTEGER NOT NULL,
            valid_to INTEGER
        );
        CREATE INDEX role_mapping_by_tenant ON role_mapping (tenant) WHERE valid_to IS NULL;
        CREATE TABLE role_assignment (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            subject_kind TEXT NOT NULL,
            subject BLOB NOT NULL,
            role BLOB NOT NULL REFERENCES role(id),
            granted_by TEXT NOT NULL,
            granted_at INTEGER NOT NULL,
            expires_at INTEGER,
            valid_from INTEGER NOT NULL,
            valid_to INTEGER
        );
        CREATE INDEX role_assignment_by_subject ON role_assignment (subject) WHERE valid_to IS NULL;
        CREATE INDEX role_assignment_by_role ON role_assignment (tenant, role) WHERE valid_to IS NULL;
        CREATE TABLE policy_document (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            document TEXT NOT NULL,
            digest BLOB NOT NULL,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            updated_at INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX policy_document_by_name ON policy_document (tenant, name);
        """

    // One row a person, sealed under their key: whereabouts and habits are nobody's business.
    private static let signIns = """
        CREATE TABLE sign_in_history (
            person BLOB PRIMARY KEY NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            tenant BLOB NOT NULL,
            sealed BLOB NOT NULL
        ) WITHOUT ROWID;
        """

    private static let credentials = """
        CREATE TABLE password (
            person BLOB PRIMARY KEY NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            tenant BLOB NOT NULL,
            hash TEXT NOT NULL,
            changed_at INTEGER NOT NULL,
            must_change INTEGER NOT NULL DEFAULT 0,
            version INTEGER NOT NULL DEFAULT 1
        ) WITHOUT ROWID;
        CREATE TABLE password_history (
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            retired_at INTEGER NOT NULL,
            hash TEXT NOT NULL,
            PRIMARY KEY (person, retired_at)
        ) WITHOUT ROWID;
        CREATE TABLE totp (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            sealed_secret BLOB NOT NULL,
            confirmed_at INTEGER,
            last_step INTEGER NOT NULL DEFAULT -1,
            created_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX totp_by_person ON totp (person);
        CREATE TABLE recovery_code (
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            hash BLOB NOT NULL,
            used_at INTEGER,
            PRIMARY KEY (person, hash)
        ) WITHOUT ROWID;
        CREATE TABLE single_use_link (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            purpose TEXT NOT NULL,
            person BLOB REFERENCES person(id) ON DELETE CASCADE,
            token_hash BLOB NOT NULL UNIQUE,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER,
            revoked_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX single_use_link_by_person ON single_use_link (person);
        CREATE TABLE soft_lock (
            tenant BLOB NOT NULL,
            kind TEXT NOT NULL,
            key BLOB NOT NULL,
            state TEXT NOT NULL,
            revision INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (tenant, kind, key)
        ) WITHOUT ROWID;
        CREATE INDEX soft_lock_by_expiry ON soft_lock (expires_at);
        CREATE TABLE device (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            secret_hash BLOB NOT NULL UNIQUE,
            last_used_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX device_by_person ON device (person);
        """

    private static let sessions = """
        CREATE TABLE application (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            host TEXT NOT NULL,
            settings TEXT NOT NULL,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1
        );
        CREATE UNIQUE INDEX application_by_name ON application (tenant, name);
        CREATE UNIQUE INDEX application_by_host ON application (host);
        CREATE TABLE login_flow (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            revision INTEGER NOT NULL,
            record TEXT NOT NULL,
            expires_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX login_flow_by_expiry ON login_flow (expires_at);
        CREATE TABLE session (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            person BLOB NOT NULL REFERENCES person(id) ON DELETE CASCADE,
            secret_hash BLOB NOT NULL UNIQUE,
            record TEXT NOT NULL,
            last_seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended TEXT
        ) WITHOUT ROWID;
        CREATE INDEX session_by_person ON session (person) WHERE ended_at IS NULL;
        CREATE INDEX session_live ON session (expires_at) WHERE ended_at IS NULL;
        CREATE TABLE application_session (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            session BLOB NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            application BLOB NOT NULL,
            token_hash BLOB NOT NULL UNIQUE,
            record TEXT NOT NULL,
            last_seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            ended TEXT
        ) WITHOUT ROWID;
        CREATE INDEX application_session_live ON application_session (expires_at) WHERE ended_at IS NULL;
        CREATE INDEX application_session_by_session ON application_session (session) WHERE ended_at IS NULL;
        CREATE TABLE handover_code (
            code_hash BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            session BLOB NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            application BLOB NOT NULL,
            return_target TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE service_account (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            description TEXT,
            owner BLOB,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            managed_by TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            created_at INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX service_account_by_name ON service_account (tenant, name);
        CREATE TABLE api_key (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            account BLOB NOT NULL REFERENCES service_account(id) ON DELETE CASCADE,
            token_hash BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            scopes TEXT,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            last_used_at INTEGER,
            revoked_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX api_key_by_account ON api_key (account);
        """

    private static let jobs = """
        CREATE TABLE provider (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL REFERENCES tenant(id),
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            settings_digest BLOB NOT NULL,
            managed_by TEXT NOT NULL
        );
        CREATE UNIQUE INDEX provider_by_name ON provider (tenant, name);
        CREATE TABLE sync_run (
            id BLOB PRIMARY KEY NOT NULL,
            tenant BLOB NOT NULL,
            provider BLOB NOT NULL REFERENCES provider(id),
            state TEXT NOT NULL,
            trigger TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            finished_at INTEGER,
            summary TEXT NOT NULL DEFAULT '{}',
            hold_reasons TEXT NOT NULL DEFAULT '[]',
            sealed_plan BLOB,
            applied_chunks INTEGER NOT NULL DEFAULT 0,
            total_chunks INTEGER NOT NULL DEFAULT 0,
            failure TEXT,
            decided_by TEXT,
            decided_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX sync_run_by_provider ON sync_run (tenant, provider, started_at);
        """

    // `pending` is the number of the switch that a row's grant waits for, or waited for; null for what was visible at
    // once. `switched` is the position from which on the switch's grants count.
    private static let grantSwitches = """
        CREATE TABLE grant_switch (
            number INTEGER PRIMARY KEY NOT NULL,
            provider BLOB NOT NULL,
            run BLOB NOT NULL UNIQUE,
            switched INTEGER
        );
        CREATE INDEX grant_switch_open ON grant_switch (provider) WHERE switched IS NULL;
        ALTER TABLE membership ADD COLUMN pending INTEGER;
        ALTER TABLE group_nesting ADD COLUMN pending INTEGER;
        ALTER TABLE identity ADD COLUMN pending INTEGER;
        """

    // What has expired goes whether it ended before or not, so these indexes leave nothing out; those on `session` are
    // what a removed session looks for its children by.
    private static let expiries = """
        DROP INDEX session_live;
        CREATE INDEX session_by_expiry ON session (expires_at);
        DROP INDEX application_session_live;
        CREATE INDEX application_session_by_expiry ON application_session (expires_at);
        DROP INDEX application_session_by_session;
        CREATE INDEX application_session_by_parent ON application_session (session);
        CREATE INDEX handover_code_by_session ON handover_code (session);
        CREATE INDEX handover_code_by_expiry ON handover_code (expires_at);
        CREATE INDEX single_use_link_by_expiry ON single_use_link (expires_at);
        CREATE INDEX device_by_expiry ON device (expires_at);
        UPDATE handover_code SET return_target = '' WHERE used_at IS NOT NULL;
        """
}
