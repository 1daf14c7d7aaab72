import Authorization
import Storage
import Synchronization
import Vocabulary

/// The compiled authorization of each tenant: read as a snapshot, loaded at first need, replaced after every change of
/// roles, mappings, group nesting or policies.
///
/// Loading is serialized, and each load reads what is committed by then, so the newest change always wins.
final class AuthorizationTable: Sendable {
    private let memory = Mutex<[TenantID: TenantAuthorization]>([:])
    private let loader: Loader

    /// - Parameter multiFactorRoles: names of roles that require two factors by configuration.
    init(store: Store, configurationDigest: [UInt8], multiFactorRoles: Set<String> = []) {
        loader = Loader(
            store: store, configurationDigest: configurationDigest, multiFactorRoles: multiFactorRoles)
    }

    /// The tenant's snapshot, loaded now if nobody has asked before.
    func snapshot(of tenant: TenantID) async throws -> TenantAuthorization {
        if let known = memory.withLock({ $0[tenant] }) { return known }
        return try await reload(tenant)
    }

    /// The snapshot if it is in memory: for paths that must not wait.
    func loaded(_ tenant: TenantID) -> TenantAuthorization? { memory.withLock { $0[tenant] } }

    /// Compiles what is committed now and puts it in service; what was decided on before is no longer.
    @discardableResult
    func reload(_ tenant: TenantID) async throws -> TenantAuthorization {
        try await loader.load(tenant) { self.publish($0) }
    }

    private func publish(_ fresh: TenantAuthorization) {
        memory.withLock { table in
            let present = table[fresh.tenant]?.index.stamp.generation ?? 0
            if present < fresh.index.stamp.generation { table[fresh.tenant] = fresh }
        }
    }

    private actor Loader {
        let store: Store
        let configurationDigest: [UInt8]
        let multiFactorRoles: Set<String>
        var generation: UInt64 = 0

        init(store: Store, configurationDigest: [UInt8], multiFactorRoles: Set<String>) {
            self.store = store
            self.configurationDigest = configurationDigest
            self.multiFactorRoles = multiFactorRoles
        }

        // The generation is drawn before reading: of two overlapping loads the later drawn has read the later state.
        func load(
            _ tenant: TenantID, publish: @Sendable (TenantAuthorization) -> Void
        ) async throws -> TenantAuthorization {
            generation += 1
            let (mine, digest, named) = (generation, configurationDigest, multiFactorRoles)
            let fresh = try await store.read {
                try TenantAuthorization(
                    tenant: tenant, generation: mine, configurationDigest: digest, multiFactorRoles: named, from: $0)
            }
            publish(fresh)
            return fresh
        }
    }
}
