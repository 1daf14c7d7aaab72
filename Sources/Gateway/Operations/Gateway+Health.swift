import Identity
import Providers
import Storage
import Vocabulary

/// How one provider and its directory job are doing.
public struct ProviderHealth: Sendable {
    /// The last finished run of the directory job.
    public struct LastSync: Sendable {
        /// `done`, `held`, `failed`, `dropped`, or `running` and `applying` while it goes on.
        public let state: String
        /// A stable code; nil after a good run.
        public let failure: String?
        public let startedAt: Timestamp
        /// Seconds since its start.
        public let ageSeconds: Int64
    }

    public let tenant: String
    public let key: String
    /// `up`, `failed_over`, `down`; `off` where the provider is switched off.
    public let state: String
    public let lastSync: LastSync?
}

/// A tenant that decides nothing, because its roles and policies do not compile.
public struct TenantFault: Sendable {
    /// Its slug.
    public let tenant: String
    /// The cause and the cure. Names documents and rules: for administrators.
    public let detail: String
}

extension Gateway {
    /// The tenants that decide nothing now, by slug; disabled ones left out. From memory.
    public var tenantFaults: [TenantFault] {
        let faults = authorization.faults
        guard !faults.isEmpty else { return [] }
        return tenants.all.filter { !$0.isDisabled }.sorted { $0.slug < $1.slug }.compactMap { tenant in
            faults[tenant.id].map { TenantFault(tenant: tenant.slug, detail: "\($0)") }
        }
    }

    /// Every provider, from memory and one read of the newest runs. No directory is asked.
    public func providerHealth() async throws -> [ProviderHealth] {
        let now = clock()
        let listed = tenants.all.flatMap { tenant in providers.all(in: tenant.id).map { (tenant, $0) } }
        let runs = try await store.read { sql in
            try listed.filter { !$0.1.isLocal }.reduce(into: [ProviderID: StoredSyncRun]()) { runs, entry in
                runs[entry.1.id] = try sql.syncRuns(in: entry.0.id, provider: entry.1.id, limit: 1).first
            }
        }
        return listed.map { tenant, provider in
            ProviderHealth(
                tenant: tenant.slug, key: provider.configuration.key, state: state(of: provider),
                lastSync: runs[provider.id].map { run in
                    ProviderHealth.LastSync(
                        state: run.state.rawValue, failure: run.failure, startedAt: run.startedAt,
                        ageSeconds: max(0, (now - run.startedAt).components.seconds))
                })
        }
    }

    private func state(of provider: ConfiguredProvider) -> String {
        guard provider.configuration.isEnabled else { return "off" }
        return directories.directory(provider.id)?.state.rawValue ?? DirectoryState.up.rawValue
    }

    /// Why changes cannot be written now (a full disk, one that refuses); nil when they can.
    public func writeRefusal() async -> Fault? { await store.writeRefusal() }

    /// How deliveries of heads to each webhook go.
    public func headDeliveries() async -> [DeliveryStatus] {
        var list: [DeliveryStatus] = []
        for courier in couriers { list.append(await courier.status) }
        return list
    }
}
