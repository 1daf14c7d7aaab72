import Synchronization
import Vocabulary

/// A row of the key ring's: one generation of one purpose's key.
struct StoredGeneration {
    let tenant: TenantID
    /// Nil for a purpose that this version does not know.
    let slot: TenantKeys.Slot?
    let activatedAt: Timestamp
    let id: KeyID?
    let sealed: [UInt8]?
    let publicKey: [UInt8]?
    let retiredAt: Timestamp?

    fileprivate init(row: SQLRow) throws {
        tenant = try row.id(0)
        let generation = try row.integer(2)
        slot = KeyPurpose(rawValue: UInt8(truncatingIfNeeded: try row.integer(1))).map {
            TenantKeys.Slot(purpose: $0, generation: generation)
        }
        activatedAt = try row.time(3)
        id = try row.optionalID(4)
        sealed = try row.optionalBlob(5)
        publicKey = try row.optionalBlob(6)
        retiredAt = try row.optionalTime(7)
    }
}

extension SQLConnection {
    /// All generations but the derived first ones that were never retired, which have no row.
    func keyGenerations(of tenant: TenantID? = nil) throws -> [StoredGeneration] {
        try query(
            "SELECT tenant, purpose, generation, activated_at, key_id, sealed, public_key, retired_at"
                + " FROM key_generation WHERE ?1 IS NULL OR tenant = ?1 ORDER BY tenant, purpose, generation",
            [.id(tenant)]
        ).map(StoredGeneration.init(row:))
    }

    func newestGeneration(_ purpose: KeyPurpose, _ tenant: TenantID) throws -> Int64 {
        try queryOne(
            "SELECT COALESCE(MAX(generation), 1) FROM key_generation WHERE tenant = ?1 AND purpose = ?2",
            [.id(tenant), .integer(Int64(purpose.rawValue))])?.integer(0) ?? 1
    }
}

/// One key of a tenant, without its material.
public struct KeyRecord: Sendable, Hashable {
    /// How a key stands.
    public enum State: String, Sendable, CaseIterable {
        /// What is sealed, signed or keyed now is so by this one.
        case active
        /// Rotated out; it still opens what stands under it.
        case retiring
        /// Destroyed: nothing stood under it any more.
        case retired
    }

    public let id: KeyID
    public let purpose: KeyPurpose
    public let generation: Int64
    /// When it became active; the first one with its tenant.
    public let createdAt: Timestamp?
    /// When another took its place.
    public let rotatedAt: Timestamp?
    public let retiredAt: Timestamp?

    /// How it stands.
    public var state: State { retiredAt != nil ? .retired : rotatedAt != nil ? .retiring : .active }
}

extension StoreReading {
    /// Every key of a tenant that serves one of these purposes, by purpose, oldest first.
    public func keyRecords(of tenant: TenantID, for purposes: [KeyPurpose]) async throws -> [KeyRecord] {
        let keys = keys
        return try await read { sql in
            let born = try sql.queryOne("SELECT created_at FROM tenant WHERE id = ?1", [.id(tenant)])?.time(0)
            let rows = try sql.keyGenerations(of: tenant)
            return purposes.flatMap { purpose in
                keys.records(purpose, tenant, rows.filter { $0.slot?.purpose == purpose }, born: born)
            }
        }
    }
}

extension KeyRing {
    fileprivate func records(
        _ purpose: KeyPurpose, _ tenant: TenantID, _ rows: [StoredGeneration], born: Timestamp?
    ) -> [KeyRecord] {
        let held = state.withLock { $0.tenant(tenant) { $0.held(purpose) } }
        let newest = max(rows.compactMap(\.slot?.generation).max() ?? 1, 1)
        func row(_ generation: Int64) -> StoredGeneration? { rows.first { $0.slot?.generation == generation } }
        return (1...newest).compactMap { generation in
            let row = row(generation)
            guard let id = row?.id ?? held.first(where: { $0.generation == generation })?.key.id else { return nil }
            return KeyRecord(
                id: id, purpose: purpose, generation: generation,
                createdAt: generation == 1 ? born : row?.activatedAt,
                rotatedAt: generation == newest
                    ? nil : rows.first { $0.slot?.generation == generation + 1 }?.activatedAt,
                retiredAt: row?.retiredAt)
        }
    }

    /// Tenants that hold more than one key for some purpose.
    public var tenantsWithOldKeys: [TenantID] {
        state.withLock { state in
            state.tenants.keys.sorted().filter { tenant in
                state.tenants[tenant]?.generations.keys.contains { purpose in
                    (state.tenants[tenant]?.held(purpose).count ?? 0) > 1
                } ?? false
            }
        }
    }
}
