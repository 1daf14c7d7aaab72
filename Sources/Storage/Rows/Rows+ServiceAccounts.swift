import Identity
import Vocabulary

extension SQLConnection {
    /// Every service account of the tenant.
    public func serviceAccounts(in tenant: TenantID) throws -> [ServiceAccount] {
        try query(
            "SELECT \(ServiceAccount.columns) FROM service_account WHERE tenant = ?1 ORDER BY name", [.id(tenant)]
        ).map(ServiceAccount.init(row:))
    }

    /// The service account, nil when this tenant has none of this id.
    public func serviceAccount(_ id: ServiceAccountID, in tenant: TenantID) throws -> ServiceAccount? {
        try queryOne(
            "SELECT \(ServiceAccount.columns) FROM service_account WHERE id = ?1 AND tenant = ?2",
            [.id(id), .id(tenant)]
        ).map(ServiceAccount.init(row:))
    }

    /// Adds an account; throws when its name is taken.
    public func insert(_ account: ServiceAccount) throws {
        try execute(
            "INSERT INTO service_account (\(ServiceAccount.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            [
                .id(account.id), .id(account.tenant), .text(account.name), .optional(account.description),
                .id(account.owner), .bool(account.isDisabled), .text(account.managedBy.rawValue),
                .integer(account.version), .time(account.createdAt),
            ])
    }

    /// Switches it off or on; false when the tenant has none of this id.
    public func setDisabled(_ id: ServiceAccountID, in tenant: TenantID, _ isDisabled: Bool) throws -> Bool {
        try execute(
            "UPDATE service_account SET is_disabled = ?3, version = version + 1 WHERE id = ?1 AND tenant = ?2",
            [.id(id), .id(tenant), .bool(isDisabled)]) == 1
    }

    // MARK: API keys

    /// Its keys, revoked and expired ones included.
    public func apiKeys(of account: ServiceAccountID) throws -> [APIKey] {
        try query("SELECT \(APIKey.columns) FROM api_key WHERE account = ?1 ORDER BY created_at", [.id(account)])
            .map(APIKey.init(row:))
    }

    /// Keys that have not been revoked, of everyone: what memory is filled with at start.
    public func liveAPIKeys(at now: Timestamp) throws -> [APIKey] {
        try query("SELECT \(APIKey.columns) FROM api_key WHERE revoked_at IS NULL AND expires_at > ?1", [.time(now)])
            .map(APIKey.init(row:))
    }

    /// Adds a key; only the hash of its secret is stored.
    public func insert(_ key: APIKey) throws {
        try execute(
            """
            INSERT INTO api_key (\(APIKey.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """,
            [
                .id(key.id), .id(key.tenant), .id(key.account), .blob(key.tokenHash.bytes), .text(key.name),
                try key.scopes.map { try JSONColumn.encode($0) } ?? .null, .time(key.createdAt), .time(key.expiresAt),
                .time(key.lastUsedAt), .time(key.revokedAt),
            ])
    }

    /// Makes a key worthless from this moment on; false when it already was, or is not there.
    public func revoke(_ id: APIKeyID, in tenant: TenantID, at now: Timestamp) throws -> Bool {
        try execute(
            "UPDATE api_key SET revoked_at = ?3 WHERE id = ?1 AND tenant = ?2 AND revoked_at IS NULL",
            [.id(id), .id(tenant), .time(now)]) == 1
    }
}

extension ServiceAccount {
    static let columns = "id, tenant, name, description, owner, is_disabled, managed_by, version, created_at"

    init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), name: try row.text(2), description: try row.optionalText(3),
            owner: try row.optionalID(4), isDisabled: try row.bool(5),
            managedBy: try word(ManagedBy.self, try row.text(6)), version: try row.integer(7),
            createdAt: try row.time(8))
    }
}

extension APIKey {
    static let columns =
        "id, tenant, account, token_hash, name, scopes, created_at, expires_at, last_used_at, revoked_at"

    init(row: SQLRow) throws {
        guard let hash = TokenHash(bytes: try row.blob(3)) else {
            throw Fault("storage.corrupt", .ourselves, "A stored API key has no valid hash.")
        }
        self.init(
            id: try row.id(0), tenant: try row.id(1), account: try row.id(2), name: try row.text(4), tokenHash: hash,
            scopes: try row.optionalText(5).map { try JSONColumn.decode([String].self, $0) },
            createdAt: try row.time(6), expiresAt: try row.time(7), lastUsedAt: try row.optionalTime(8),
            revokedAt: try row.optionalTime(9))
    }
}
