import Fetch
import Logging
import Storage
import Vocabulary

extension OutboxCourier {
    /// Carries notices to a system, signed; it takes a batch as a whole.
    static func webhook(
        _ receiver: String, _ settings: NotificationConfiguration.Webhook, keyID: String, _ tenants: TenantTable,
        store: Store, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> OutboxCourier? {
        guard let url = PublicURL(settings.url) else { return nil }
        let webhook = try WebhookDelivery(
            url: url, secret: try settings.secret.load(), caFile: settings.caFile, keyID: keyID)
        return OutboxCourier(receiver, host: url.host, store: store, clock: clock, logger: logger) { letters, now in
            guard !letters.isEmpty else { return [] }
            let message = NoticeMessage(notifications: letters.map { NoticeMessage.Entry($0, tenants) })
            do {
                try await webhook.post(message, at: now, refusal: "notifications.refused")
                return letters.map { _ in .taken }
            } catch {
                return [.failed(error)]
            }
        }
    }
}

/// What a system is sent: notices in the order they happened. A receiver knows a repetition by `id`.
struct NoticeMessage: Encodable {
    struct Entry: Encodable {
        let id: NotificationID
        let tenant: TenantID
        let at: String
        let topic: String
        let link: String?
        let about: [String: AttributeValue]

        init(_ letter: OutboxCourier.Letter, _ tenants: TenantTable) {
            (id, tenant, topic) = (letter.row.id, letter.row.tenant, letter.row.topic)
            at = letter.row.createdAt.rfc3339
            link = letter.content.path.map { tenants.publicURL(of: letter.row.tenant) + $0 }
            about = letter.content.members
        }
    }

    let version = 1
    let notifications: [Entry]
}

extension Gateway {
    /// A courier for the mail server and for each system that is told or asked.
    static func outboxCouriers(
        _ settings: NotificationConfiguration, _ tenants: TenantTable, store: Store,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> [OutboxCourier] {
        var couriers: [OutboxCourier?] = []
        if let mail = settings.mail {
            couriers.append(try .mail(mail, tenants, store: store, clock: clock, logger: logger))
        }
        for webhook in settings.webhooks {
            couriers.append(
                try .webhook(
                    Notifier.receiver(webhook.url), webhook, keyID: "gatehouse-notifications", tenants, store: store,
                    clock: clock, logger: logger))
        }
        for system in settings.systems {
            couriers.append(
                try .webhook(
                    Notifier.receiver(system: system.name), system.webhook, keyID: "gatehouse-approvals", tenants,
                    store: store, clock: clock, logger: logger))
        }
        return couriers.compactMap { $0 }
    }
}
