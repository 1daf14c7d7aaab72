import Crypto
import Synchronization
import Vocabulary

// The canary and the tenant keys are sealed for the tenant that no tenant can be.
private let nobody = TenantID(high: 0, low: 0)
private let masterID = KeyID(high: 0, low: 1)
private let canaryText = Array("gatehouse canary".utf8)

extension KeyRing {
    /// Proves the master key against the canary, then loads the tenant keys. Throws `keys.wrong_master`.
    func load(from connection: any SQLConnection) throws {
        try proveMaster(connection)
        let master = state.withLock { $0.master }
        var loaded: [TenantID: TenantKeys] = [:]
        for row in try connection.query("SELECT tenant, sealed FROM tenant_key") {
            let tenant: TenantID = try row.id(0)
            let bytes = try AuthenticatedCipher.open(
                row.blob(1), key: wrapping(master), context: tenantContext(tenant))
            loaded[tenant] = TenantKeys(tenant: tenant, root: SymmetricKey(data: bytes))
        }
        for row in try connection.query("SELECT tenant, purpose, MAX(generation) FROM key_generation GROUP BY 1, 2") {
            guard let purpose = KeyPurpose(rawValue: UInt8(truncatingIfNeeded: try row.integer(1))) else { continue }
            loaded[try row.id(0)]?.generations[purpose] = try row.integer(2)
        }
        state.withLock {
            $0.stored = Set(loaded.keys)
            $0.tenants = loaded
        }
    }

    private func proveMaster(_ connection: any SQLConnection) throws {
        let wrapper = wrapping(state.withLock { $0.master })
        if let row = try connection.queryOne("SELECT sealed FROM key_canary WHERE id = 1") {
            guard (try? AuthenticatedCipher.open(row.blob(0), key: wrapper, context: [])) == canaryText else {
                throw wrongMaster
            }
            return
        }
        // Without a canary only an empty store is acceptable: a deleted canary must not admit another key.
        guard try connection.queryOne("SELECT 1 FROM tenant_key LIMIT 1") == nil,
            try connection.queryOne("SELECT 1 FROM journal_event LIMIT 1") == nil
        else { throw wrongMaster }
        try storeCanary(connection, wrapper)
    }

    private func storeCanary(_ connection: any SQLConnection, _ wrapper: SymmetricKey) throws {
        let sealed = try AuthenticatedCipher.seal(canaryText, key: wrapper, envelope: masterEnvelope, context: [])
        try connection.execute(
            "INSERT INTO key_canary (id, sealed) VALUES (1, ?1)"
                + " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
            [.blob(sealed)])
    }

    /// Stores the keys of tenants first seen since the last call; answers who, to be confirmed after the commit.
    func storeFresh(_ connection: any SQLConnection, under changed: MasterKey? = nil) throws -> [TenantID] {
        let (master, fresh) = state.withLock { state in
            (state.master, state.tenants.values.filter { !state.stored.contains($0.tenant) })
        }
        for keys in fresh { try store(keys, under: changed ?? master, connection) }
        return fresh.map(\.tenant)
    }

    func confirmStored(_ tenants: [TenantID]) {
        if !tenants.isEmpty { state.withLock { $0.stored.formUnion(tenants) } }
    }

    private func store(_ keys: TenantKeys, under master: MasterKey, _ connection: any SQLConnection) throws {
        let sealed = try AuthenticatedCipher.seal(
            keys.root.bytes, key: wrapping(master), envelope: masterEnvelope, context: tenantContext(keys.tenant))
        try connection.execute(
            "INSERT INTO tenant_key (tenant, sealed) VALUES (?1, ?2)"
                + " ON CONFLICT (tenant) DO UPDATE SET sealed = excluded.sealed",
            [.id(keys.tenant), .blob(sealed)])
    }

    /// Makes a new generation of one purpose's key active; older ones keep opening what they sealed.
    /// Memory follows after the commit.
    func rotate(_ purpose: KeyPurpose, tenant: TenantID, in transaction: Transaction) throws {
        guard purpose != .tenantKey else { throw AuthenticatedCipher.refused }
        let row = try transaction.sql.queryOne(
            "SELECT COALESCE(MAX(generation), 1) FROM key_generation WHERE tenant = ?1 AND purpose = ?2",
            [.id(tenant), .integer(Int64(purpose.rawValue))])
        let next = (try row?.integer(0) ?? 1) + 1
        try transaction.sql.execute(
            "INSERT INTO key_generation (tenant, purpose, generation, activated_at) VALUES (?1, ?2, ?3, ?4)",
            [.id(tenant), .integer(Int64(purpose.rawValue)), .integer(next), .time(transaction.now)])
        transaction.afterCommit { [self] in
            state.withLock { $0.tenant(tenant) { $0.generations[purpose] = max($0.generations[purpose] ?? 1, next) } }
        }
    }

    /// Wraps every tenant key and the canary under another master key; memory follows after the commit.
    func rewrap(under master: MasterKey, in transaction: Transaction) throws {
        let all = state.withLock { Array($0.tenants.values) }
        for keys in all { try store(keys, under: master, transaction.sql) }
        try storeCanary(transaction.sql, wrapping(master))
        transaction.newMaster = master
        transaction.afterCommit { [self] in
            state.withLock {
                $0.master = master
                $0.stored.formUnion(all.map(\.tenant))
            }
        }
    }

    private func wrapping(_ master: MasterKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master.key, info: Array("gatehouse master wrap v1".utf8), outputByteCount: 32)
    }

    private func tenantContext(_ tenant: TenantID) -> [UInt8] { Array("tenant".utf8) + tenant.bytes }
    private var masterEnvelope: KeyEnvelope { KeyEnvelope(purpose: .tenantKey, tenant: nobody, key: masterID) }
    private var wrongMaster: Fault {
        Fault(
            "keys.wrong_master", .ourselves, "The master key is not the one this database was made with.",
            remedy: "Put the right key back, or recover it with the offline recovery key.")
    }
}
