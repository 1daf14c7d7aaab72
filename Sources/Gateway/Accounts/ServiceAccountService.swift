import Identity
import Storage
import Vocabulary

/// Service accounts and their API keys.
public struct ServiceAccountService: Sendable {
    let store: Store
    let live: LiveCredentials
    let standings: StandingCache

    /// Every service account of the tenant, disabled ones included.
    public func list(in tenant: TenantID) async throws -> [ServiceAccount] {
        try await store.read { try $0.serviceAccounts(in: tenant) }
    }

    /// The account of this name or id. Throws `not found` when the tenant has none.
    public func account(named name: String, in tenant: TenantID) async throws -> ServiceAccount {
        let all = try await list(in: tenant)
        guard let account = all.first(where: { $0.name == name || $0.id.description == name }) else {
            throw Fault.notFound("service account")
        }
        return account
    }

    /// Adds an account that can do nothing until it has a key and a role. Throws when the name is taken or not 1 to 128
    /// bytes.
    public func create(name: String, description: String?, by caller: Caller) async throws -> ServiceAccount {
        guard (1...128).contains(name.utf8.count) else {
            throw Fault.invalid("A service account's name has 1 to 128 bytes.")
        }
        return try await store.write(.administration) { tx in
            guard !(try tx.sql.serviceAccounts(in: caller.tenant).contains { $0.name == name }) else {
                throw Fault(
                    "conflict", .caller, "A service account with this name exists.", remedy: "Choose another name.")
            }
            let account = ServiceAccount(
                id: ServiceAccountID.random(at: tx.now), tenant: caller.tenant, name: name, description: description,
                createdAt: tx.now)
            try tx.sql.insert(account)
            try tx.append(caller.event("service_account.created", Stream("service_account", account.id)))
            return account
        }
    }

    /// Switches it off, with all its keys and in the first writer lane, or on again.
    public func setDisabled(_ id: ServiceAccountID, _ isDisabled: Bool, by caller: Caller) async throws {
        try await store.write(.revocation) { [live, standings] tx in
            guard try tx.sql.setDisabled(id, in: caller.tenant, isDisabled) else {
                throw Fault.notFound("service account")
            }
            try tx.append(
                caller.event(
                    isDisabled ? "service_account.disabled" : "service_account.enabled", Stream("service_account", id)))
            tx.afterCommit {
                live.setDisabled(id, isDisabled)
                standings.forget(.serviceAccount(id), in: caller.tenant)
            }
        }
    }

    /// Its keys without their secrets, revoked and expired ones included.
    public func keys(of id: ServiceAccountID, in tenant: TenantID) async throws -> [APIKey] {
        try await store.read { sql in
            guard try sql.serviceAccount(id, in: tenant) != nil else { throw Fault.notFound("service account") }
            return try sql.apiKeys(of: id)
        }
    }

    /// Makes a key; its text is in this answer and nowhere else. Throws `forbidden` where a narrowed key would make a
    /// wider one, and for scopes that are not `type:action`, `type:*` or `*`.
    public func makeKey(
        for id: ServiceAccountID, name: String, scopes: [String]?, lifetime: Duration, by caller: Caller
    ) async throws -> (key: APIKey, token: SecretText) {
        guard lifetime > .zero, lifetime <= APIKey.longestLifetime else {
            throw Fault.invalid("A key lives for at most 366 days.")
        }
        guard (1...128).contains(name.utf8.count) else { throw Fault.invalid("A key's name has 1 to 128 bytes.") }
        guard scopes.map(APIKeyScopes.areValid) ?? true else {
            throw Fault.invalid("A key has at most 64 scopes, each of them type:action, type:* or *.")
        }
        guard APIKeyScopes.covers(caller.principal?.scopes, scopes) else {
            throw Fault.forbidden("A narrowed key makes no wider one.", remedy: "Leave out scopes it does not have.")
        }
        let token = try Randomness.token(.apiKey)
        let key = try await store.write(.administration) { [live] tx in
            guard try tx.sql.serviceAccount(id, in: caller.tenant) != nil else {
                throw Fault.notFound("service account")
            }
            let key = APIKey(
                id: APIKeyID.random(at: tx.now), tenant: caller.tenant, account: id, name: name, tokenHash: token.hash,
                scopes: scopes, createdAt: tx.now, expiresAt: tx.now + lifetime)
            try tx.sql.insert(key)
            try tx.append(
                caller.event(
                    "api_key.created", Stream("service_account", id),
                    facts: [Fact("key", .id(key.id, "api_key")), Fact("expires_at", .time(key.expiresAt))]))
            tx.afterCommit { live.add(key) }
            return key
        }
        return (key, token.text)
    }

    /// Makes a key worthless; it is refused from the moment this returns.
    public func revokeKey(_ id: APIKeyID, of account: ServiceAccountID, by caller: Caller) async throws {
        try await store.write(.revocation) { [live] tx in
            guard try tx.sql.apiKeys(of: account).contains(where: { $0.id == id && $0.tenant == caller.tenant }),
                try tx.sql.revoke(id, in: caller.tenant, at: tx.now)
            else { throw Fault.notFound("API key") }
            try tx.append(
                caller.event(
                    "api_key.revoked", Stream("service_account", account), facts: [Fact("key", .id(id, "api_key"))]))
            tx.afterCommit { live.removeKey(id) }
        }
    }
}
