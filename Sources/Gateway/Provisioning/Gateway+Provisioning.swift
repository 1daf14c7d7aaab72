import Logging
import Storage
import Vocabulary

extension Gateway {
    /// A courier for each configured target.
    static func provisioners(
        _ targets: [ProvisioningConfiguration], _ tenants: TenantTable, store: Store,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> [ProvisioningCourier] {
        try targets.compactMap { target in
            guard let url = PublicURL(target.url) else { return nil }
            let webhook = try target.webhook(url)
            let slug = target.tenant
            return ProvisioningCourier(
                tenant: { slug.map { tenants.tenant(slug: $0)?.id } ?? tenants.defaultTenant?.id }, url: url,
                webhook: webhook, store: store, clock: clock, logger: logger)
        }
    }

    /// How each configured target takes what it is told, in their order.
    func provisioningMetrics() async -> [MetricFamily] {
        var failures = MetricFamily.gauge(
            "gatehouse_provisioning_failures", "Deliveries to a target system that failed in a row.")
        var delivered = MetricFamily.gauge(
            "gatehouse_provisioning_delivered_timestamp_seconds", "When a target system last took something.")
        var told = MetricFamily.counter(
            "gatehouse_provisioning_changes_total", "Changes of access that a target system has taken.")
        for (index, courier) in provisioners.enumerated() {
            let (status, count) = (await courier.status, await courier.told)
            let labels = ["target": "\(index)", "host": status.host]
            failures = failures.adding(status.failures, labels)
            told = told.adding(count, labels)
            if let at = status.deliveredAt { delivered = delivered.adding(at.seconds, labels) }
        }
        return [failures, delivered, told]
    }
}

extension ProvisioningConfiguration {
    /// What posts to the target, signed with its secret.
    func webhook(_ url: PublicURL) throws -> WebhookDelivery {
        try WebhookDelivery(url: url, secret: try secret.load(), caFile: caFile, keyID: "gatehouse-provisioning")
    }
}
