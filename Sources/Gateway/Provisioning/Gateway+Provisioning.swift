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
            let webhook = try WebhookDelivery(
                url: url, secret: try target.secret.load(), caFile: target.caFile, keyID: "gatehouse-provisioning")
            let slug = target.tenant
            return ProvisioningCourier(
                tenant: { slug.map { tenants.tenant(slug: $0)?.id } ?? tenants.defaultTenant?.id }, url: url,
                webhook: webhook, store: store, clock: clock, logger: logger)
        }
    }
}
