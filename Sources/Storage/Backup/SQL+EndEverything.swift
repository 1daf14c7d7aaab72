import Vocabulary

/// What a restore ended in one tenant.
public struct EndedCredentials: Sendable, Hashable {
    public var sessions = 0
    public var applicationSessions = 0
    public var apiKeys = 0
    public var links = 0
    public var flows = 0
    public var devices = 0
    public var grants = 0

    public init() {}
}

extension SQLConnection {
    /// Ends everything in a tenant that proves somebody without a new login: sessions, application sessions, hand-over
    /// codes, API keys, links, known devices, what clients were granted with their tokens, and logins under way,
    /// here and at other providers. What was revoked after a backup was taken must not
    /// come back with it.
    public func endEverything(in tenant: TenantID, at now: Timestamp) throws -> EndedCredentials {
        let (owner, moment) = (SQLValue.id(tenant), SQLValue.time(now))
        var ended = EndedCredentials()
        for (table, path) in [
            ("application_session", \EndedCredentials.applicationSessions), ("session", \EndedCredentials.sessions),
        ] {
            ended[keyPath: path] = try execute(
                "UPDATE \(table) SET ended_at = ?2, ended = 'restore' WHERE tenant = ?1 AND ended_at IS NULL",
                [owner, moment])
        }
        for (table, path) in [
            ("api_key", \EndedCredentials.apiKeys), ("single_use_link", \EndedCredentials.links),
        ] {
            ended[keyPath: path] = try execute(
                "UPDATE \(table) SET revoked_at = ?2 WHERE tenant = ?1 AND revoked_at IS NULL", [owner, moment])
        }
        ended.grants = try endGrants(in: tenant, at: now)
        for table in [
            "handover_code", "upstream_attempt", "upstream_session", "upstream_token", "saml_peer_session",
            "saml_peer_logout", "saml_logout_journey", "saml_kept",
        ] {
            try execute("DELETE FROM \(table) WHERE tenant = ?1", [owner])
        }
        ended.flows = try execute("DELETE FROM login_flow WHERE tenant = ?1", [owner])
        ended.devices = try execute("DELETE FROM device WHERE tenant = ?1", [owner])
        return ended
    }

    /// Ends what clients were granted, and makes worthless what does not hang on a grant. What was presented once stays
    /// noted.
    private func endGrants(in tenant: TenantID, at now: Timestamp) throws -> Int {
        let (owner, moment) = (SQLValue.id(tenant), SQLValue.time(now))
        for table in ["oauth_request", "saml_request", "oauth_device"] {
            try execute("DELETE FROM \(table) WHERE tenant = ?1", [owner])
        }
        try execute(
            "UPDATE oauth_access_token SET revoked_at = ?2 WHERE tenant = ?1 AND revoked_at IS NULL", [owner, moment])
        return try execute(
            "UPDATE oauth_grant SET ended_at = ?2, ended = 'restore' WHERE tenant = ?1 AND ended_at IS NULL",
            [owner, moment])
    }
}
