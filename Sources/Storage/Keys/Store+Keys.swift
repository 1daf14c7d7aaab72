import Synchronization
import Vocabulary

extension Store {
    /// Draws a new key for one purpose of one tenant, makes it active, and journals it (`key.rotated`). What the old one
    /// sealed still opens; `resealStale` seals it anew. Answers the new key's id.
    @discardableResult
    public func rotateKey(_ purpose: KeyPurpose, _ context: EventContext) async throws -> KeyID {
        let keys = keys
        return try await write(.administration) { transaction in
            let id = try keys.rotate(purpose, tenant: context.tenant, in: transaction)
            try transaction.append(
                NewEvent(
                    context: context, stream: Stream("tenant", context.tenant), type: "key.rotated",
                    facts: [Fact("purpose", .word(purpose.word)), Fact("key", .id(id, "key"))]))
            return id
        }
    }

    /// Wraps every key under a new master key and journals it (`key.rewrapped`), all in one transaction: before its
    /// commit the old one alone opens this store, from the commit on the new one alone. The caller has stored the new
    /// key safely before.
    public func rewrapKeys(under master: MasterKey, _ context: EventContext) async throws {
        let keys = keys
        try await write(.administration) { transaction in
            // The wrapping itself is the last thing before the commit, after everything else in the same batch.
            transaction.newMaster = master
            transaction.afterCommit { keys.adopt(master) }
            try transaction.append(
                NewEvent(context: context, stream: Stream("tenant", context.tenant), type: "key.rewrapped"))
        }
    }

    /// Destroys a key that was rotated out, keeps the public half of a signing key, and journals it (`key.retired`).
    /// False when it is active or retired already. The caller has made sure that nothing stands under it.
    public func retireKey(_ record: KeyRecord, _ context: EventContext) async throws -> Bool {
        let (keys, tenant) = (keys, context.tenant)
        let slot = TenantKeys.Slot(purpose: record.purpose, generation: record.generation)
        return try await write(.administration) { transaction in
            guard try record.generation < transaction.sql.newestGeneration(record.purpose, tenant),
                let known = try? keys.key(record.id, record.purpose, tenant)
            else { return false }
            let published = record.purpose == .headSigning ? TenantKeys.publicHalf(of: known.key)?.publicKey : nil
            guard try transaction.retire(record, publicKey: published, tenant) else { return false }
            try transaction.append(
                NewEvent(
                    context: context, stream: Stream("tenant", tenant), type: "key.retired",
                    facts: [Fact("purpose", .word(record.purpose.word)), Fact("key", .id(record.id, "key"))]))
            transaction.afterCommit {
                keys.forget(slot, of: tenant, id: record.id, publicKey: published)
            }
            return true
        }
    }
}

extension Transaction {
    fileprivate func retire(_ record: KeyRecord, publicKey: [UInt8]?, _ tenant: TenantID) throws -> Bool {
        // The first generation has no row of its own until now.
        try sql.execute(
            """
            INSERT INTO key_generation (tenant, purpose, generation, activated_at, key_id, public_key, retired_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (tenant, purpose, generation) DO UPDATE SET sealed = NULL, key_id = excluded.key_id,
                public_key = excluded.public_key, retired_at = excluded.retired_at
            WHERE key_generation.retired_at IS NULL
            """,
            [
                .id(tenant), .integer(Int64(record.purpose.rawValue)), .integer(record.generation),
                .time(record.createdAt ?? .epoch), .id(record.id), .optional(publicKey), .time(now),
            ]) == 1
    }
}

extension KeyRing {
    fileprivate func forget(_ slot: TenantKeys.Slot, of tenant: TenantID, id: KeyID, publicKey: [UInt8]?) {
        state.withLock { $0.tenant(tenant) { $0.retire(slot, id: id, publicKey: publicKey) } }
    }
}
