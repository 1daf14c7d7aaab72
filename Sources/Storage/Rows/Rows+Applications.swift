import Identity
import Vocabulary

/// A protected application as stored; what `settings` means is the gateway's business.
public struct StoredApplication: Sendable, Hashable {
    public let id: ApplicationID
    public let tenant: TenantID
    /// Permanent name in configuration and API.
    public let name: String
    /// Lower case, without port; unique among all tenants.
    public let host: String
    /// JSON.
    public let settings: String
    public let managedBy: ManagedBy
    public let version: Int64

    public init(
        id: ApplicationID, tenant: TenantID, name: String, host: String, settings: String, managedBy: ManagedBy,
        version: Int64 = 1
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.host = host
        self.settings = settings
        self.managedBy = managedBy
        self.version = version
    }
}

/// A provider as the store knows it: the id behind the configured name.
public struct StoredProvider: Sendable, Hashable {
    public let id: ProviderID
    public let tenant: TenantID
    public let name: String
    public let kind: String

    public init(id: ProviderID, tenant: TenantID, name: String, kind: String) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.kind = kind
    }
}

extension SQLConnection {
    /// Every application of every tenant, by name.
    public func applications() throws -> [StoredApplication] {
        try query("SELECT id, tenant, name, host, settings, managed_by, version FROM application ORDER BY name").map {
            StoredApplication(
                id: try $0.id(0), tenant: try $0.id(1), name: try $0.text(2), host: try $0.text(3),
                settings: try $0.text(4), managedBy: try word(ManagedBy.self, try $0.text(5)),
                version: try $0.integer(6))
        }
    }

    /// Inserts the application or replaces its host and settings; the id of a known (tenant, name) stays.
    public func upsert(_ application: StoredApplication) throws {
        try execute(
            """
            INSERT INTO application (id, tenant, name, host, settings, managed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (tenant, name) DO UPDATE SET host = excluded.host, settings = excluded.settings,
                managed_by = excluded.managed_by, version = version + 1
            """,
            [
                .id(application.id), .id(application.tenant), .text(application.name), .text(application.host),
                .text(application.settings), .text(application.managedBy.rawValue),
            ])
    }

    /// Deletes it; false when the tenant has none of this id.
    public func deleteApplication(_ id: ApplicationID, in tenant: TenantID) throws -> Bool {
        try execute("DELETE FROM application WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    /// Ends every session of the application and withdraws the codes that would begin one; answers how many ended.
    public func endSessions(of application: ApplicationID, _ reason: SessionEnd, at now: Timestamp) throws -> Int {
        try execute("DELETE FROM handover_code WHERE application = ?1", [.id(application)])
        return try execute(
            "UPDATE application_session SET ended_at = ?2, ended = ?3 WHERE application = ?1 AND ended_at IS NULL",
            [.id(application), .time(now), .text(reason.rawValue)])
    }

    /// Every provider of every tenant.
    public func providers() throws -> [StoredProvider] {
        try query("SELECT id, tenant, name, kind FROM provider ORDER BY name").map {
            StoredProvider(id: try $0.id(0), tenant: try $0.id(1), name: try $0.text(2), kind: try $0.text(3))
        }
    }

    /// Whether anybody's identity is one of this provider's.
    public func vouches(_ provider: ProviderID) throws -> Bool {
        try queryOne("SELECT 1 FROM identity WHERE provider = ?1 LIMIT 1", [.id(provider)]) != nil
    }

    /// Calls a provider otherwise; everything that hangs on its id goes on.
    public func rename(provider: ProviderID, to name: String) throws {
        try execute("UPDATE provider SET name = ?2 WHERE id = ?1", [.id(provider), .text(name)])
    }

    /// Inserts the provider or notes the digest of its present settings; the id of a known (tenant, name) stays.
    public func upsert(_ provider: StoredProvider, settingsDigest: [UInt8], managedBy: ManagedBy) throws {
        try execute(
            """
            INSERT INTO provider (id, tenant, name, kind, settings_digest, managed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (tenant, name) DO UPDATE SET kind = excluded.kind, settings_digest = excluded.settings_digest
            """,
            [
                .id(provider.id), .id(provider.tenant), .text(provider.name), .text(provider.kind),
                .blob(settingsDigest), .text(managedBy.rawValue),
            ])
    }
}
