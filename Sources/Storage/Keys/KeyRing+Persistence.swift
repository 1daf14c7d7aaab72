import Crypto
import Synchronization
import Vocabulary

// What the master key wraps is sealed for the tenant that no tenant can be.
private let nobody = TenantID(high: 0, low: 0)
private let masterID = KeyID(high: 0, low: 1)
private let canaryText = Array("gatehouse canary".utf8)

extension KeyRing {
    /// Proves the master key against the canary, then loads the keys of all tenants. Throws `keys.wrong_master`.
    func load(from connection: any SQLConnection) throws {
        try proveMaster(connection)
        let wrapper = MasterWrap(state.withLock { $0.master })
        var loaded: [TenantID: TenantKeys] = [:]
        for row in try connection.query("SELECT tenant, sealed FROM tenant_key") {
            let tenant: TenantID = try row.id(0)
            let root = try wrapper.open(row.blob(1), MasterWrap.context(of: tenant))
            loaded[tenant] = TenantKeys(tenant: tenant, root: SymmetricKey(data: root))
        }
        for generation in try connection.keyGenerations() {
            try loaded[generation.tenant]?.take(generation, wrapper)
        }
        state.withLock {
            $0.stored = Set(loaded.keys)
            $0.tenants = loaded
        }
    }

    private func proveMaster(_ connection: any SQLConnection) throws {
        let wrapper = MasterWrap(state.withLock { $0.master })
        if let row = try connection.queryOne("SELECT sealed FROM key_canary WHERE id = 1") {
            guard (try? wrapper.open(row.blob(0), [])) == canaryText else { throw wrongMaster }
            return
        }
        // Without a canary only an empty store is acceptable: a deleted canary must not admit another key.
        guard try connection.queryOne("SELECT 1 FROM tenant_key LIMIT 1") == nil,
            try connection.queryOne("SELECT 1 FROM journal_event LIMIT 1") == nil
        else { throw wrongMaster }
        try storeCanary(connection, wrapper)
    }

    private func storeCanary(_ connection: any SQLConnection, _ wrapper: MasterWrap) throws {
        try connection.execute(
            "INSERT INTO key_canary (id, sealed) VALUES (1, ?1)"
                + " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
            [.blob(try wrapper.seal(canaryText, []))])
    }

    /// Stores the keys of tenants first seen since the last call; answers who, to be confirmed after the commit.
    func storeFresh(_ connection: any SQLConnection) throws -> [TenantID] {
        let (master, fresh) = state.withLock { state in
            (state.master, state.tenants.values.filter { !state.stored.contains($0.tenant) })
        }
        let wrapper = MasterWrap(master)
        for keys in fresh {
            try connection.execute(
                "INSERT INTO tenant_key (tenant, sealed) VALUES (?1, ?2)"
                    + " ON CONFLICT (tenant) DO UPDATE SET sealed = excluded.sealed",
                [.id(keys.tenant), .blob(try wrapper.seal(keys.root.bytes, MasterWrap.context(of: keys.tenant)))])
        }
        return fresh.map(\.tenant)
    }

    func confirmStored(_ tenants: [TenantID]) {
        if !tenants.isEmpty { state.withLock { $0.stored.formUnion(tenants) } }
    }

    /// Draws a new generation of one purpose's key and makes it active; older ones keep opening what they sealed.
    /// Memory follows after the commit. Answers its id.
    func rotate(_ purpose: KeyPurpose, tenant: TenantID, in transaction: Transaction) throws -> KeyID {
        guard purpose != .tenantKey else { throw AuthenticatedCipher.refused }
        // A tenant that nothing was sealed for yet gets its first key now, which is then the older one.
        _ = active(purpose, tenant)
        let slot = TenantKeys.Slot(
            purpose: purpose, generation: try transaction.sql.newestGeneration(purpose, tenant) + 1)
        let secret = SymmetricKey(data: RandomBytes.draw(32))
        let id = TenantKeys.make(slot, from: secret).id
        let wrapper = MasterWrap(state.withLock { $0.master })
        try transaction.sql.execute(
            "INSERT INTO key_generation (tenant, purpose, generation, activated_at, key_id, sealed)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                .id(tenant), .integer(Int64(purpose.rawValue)), .integer(slot.generation), .time(transaction.now),
                .id(id), .blob(try wrapper.seal(secret.bytes, MasterWrap.context(of: tenant, slot))),
            ])
        transaction.afterCommit { [self] in
            state.withLock { $0.tenant(tenant) { $0.add(secret, slot) } }
        }
        return id
    }

    /// Wraps everything that the present master key wraps under another one, within the transaction that is about to
    /// commit: keys of tenants that came with it included.
    func rewrap(under master: MasterKey, _ connection: any SQLConnection) throws {
        let (old, new) = (MasterWrap(state.withLock { $0.master }), MasterWrap(master))
        for row in try connection.query("SELECT tenant, sealed FROM tenant_key") {
            let tenant: TenantID = try row.id(0)
            let context = MasterWrap.context(of: tenant)
            try connection.execute(
                "UPDATE tenant_key SET sealed = ?2 WHERE tenant = ?1",
                [.id(tenant), .blob(try new.seal(old.open(row.blob(1), context), context))])
        }
        for generation in try connection.keyGenerations() {
            guard let sealed = generation.sealed, let slot = generation.slot else { continue }
            let context = MasterWrap.context(of: generation.tenant, slot)
            try connection.execute(
                "UPDATE key_generation SET sealed = ?4 WHERE tenant = ?1 AND purpose = ?2 AND generation = ?3",
                [
                    .id(generation.tenant), .integer(Int64(slot.purpose.rawValue)), .integer(slot.generation),
                    .blob(try new.seal(old.open(sealed, context), context)),
                ])
        }
        try storeCanary(connection, new)
    }

    /// Takes another master key into use, once everything is durably wrapped under it.
    func adopt(_ master: MasterKey) { state.withLock { $0.master = master } }

    /// Whether this is the master key in use.
    public func isMaster(_ master: MasterKey) -> Bool {
        equalInConstantTime(state.withLock { $0.master.bytes }, master.bytes)
    }

    private var wrongMaster: Fault {
        Fault(
            "keys.wrong_master", .ourselves, "The master key is not the one this database was made with.",
            remedy: "Put the right key back, or recover it with the offline recovery key.")
    }
}

extension TenantKeys {
    fileprivate mutating func take(_ generation: StoredGeneration, _ wrapper: MasterWrap) throws {
        guard let slot = generation.slot else { return }
        if generation.retiredAt != nil, let id = generation.id {
            retire(slot, id: id, publicKey: generation.publicKey)
        } else if let sealed = generation.sealed {
            let secret = try wrapper.open(sealed, MasterWrap.context(of: tenant, slot))
            add(SymmetricKey(data: secret), slot)
        } else {
            generations[slot.purpose] = max(generations[slot.purpose] ?? 1, slot.generation)
        }
    }
}

/// What the master key does: it wraps the keys of tenants.
struct MasterWrap {
    private let key: SymmetricKey

    init(_ master: MasterKey) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master.key, info: Array("gatehouse master wrap v1".utf8), outputByteCount: 32)
    }

    func seal(_ plaintext: [UInt8], _ context: [UInt8]) throws -> [UInt8] {
        let envelope = KeyEnvelope(purpose: .tenantKey, tenant: nobody, key: masterID)
        return try AuthenticatedCipher.seal(plaintext, key: key, envelope: envelope, context: context)
    }

    func open(_ sealed: [UInt8], _ context: [UInt8]) throws -> [UInt8] {
        try AuthenticatedCipher.open(sealed, key: key, context: context)
    }

    static func context(of tenant: TenantID) -> [UInt8] { Array("tenant".utf8) + tenant.bytes }

    static func context(of tenant: TenantID, _ slot: TenantKeys.Slot) -> [UInt8] {
        var context = Array("generation".utf8) + tenant.bytes + [slot.purpose.rawValue]
        context.append(bigEndian: slot.generation)
        return context
    }
}
