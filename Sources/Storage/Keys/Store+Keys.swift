import Vocabulary

extension Store {
    /// Makes a new key active for one purpose of one tenant and journals it (`key.rotated`). What the old one sealed
    /// still opens; `KeyRing.isStale` says what to seal anew.
    public func rotateKey(_ purpose: KeyPurpose, _ context: EventContext) async throws {
        let keys = keys
        try await write(.administration) { transaction in
            try keys.rotate(purpose, tenant: context.tenant, in: transaction)
            try transaction.append(
                NewEvent(
                    context: context, stream: Stream("tenant", context.tenant), type: "key.rotated",
                    facts: [Fact("purpose", .integer(Int64(purpose.rawValue)))]))
        }
    }

    /// Wraps every tenant key under a new master key and journals it (`key.rewrapped`). The caller has stored the new
    /// key safely before; from the commit on only the new one opens this store.
    public func rewrapKeys(under master: MasterKey, _ context: EventContext) async throws {
        let keys = keys
        try await write(.administration) { transaction in
            try keys.rewrap(under: master, in: transaction)
            try transaction.append(
                NewEvent(context: context, stream: Stream("tenant", context.tenant), type: "key.rewrapped"))
        }
    }
}
