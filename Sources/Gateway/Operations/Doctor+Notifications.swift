import Fetch
import Storage
import Vocabulary

extension Doctor {
    /// Who is told: whether the mail server is there, is trusted and knows us, and whether systems take our signature.
    func examineNotifications() async -> [Finding] {
        let settings = configuration.notifications
        var findings: [Finding] = []
        if let mail = settings.mail { findings.append(await examine(mail)) }
        for webhook in settings.webhooks {
            findings.append(await examine(webhook, "notifications", keyID: "gatehouse-notifications"))
        }
        for system in settings.systems {
            findings.append(
                await examine(system.webhook, "approval system \(system.name)", keyID: "gatehouse-approvals"))
            findings.append(
                finding("approval system \(system.name)", "its answers can be verified") {
                    _ = try system.callbackSecret.load()
                })
        }
        return findings
    }

    private func examine(_ mail: NotificationConfiguration.Mail) async -> Finding {
        do {
            let sender = try MailSender(try mail.withCredentials())
            try await sender.probe()
            return Finding(subject: "mail", isGood: true, detail: "\(sender.host) lets us in; nothing was sent")
        } catch {
            return Finding(
                subject: "mail", isGood: false,
                detail:
                    "\(error) See notifications.mail: the server, the authority that signed its certificate, and the "
                    + "name and password have to be right.")
        }
    }

    /// A delivery without content, signed like any other.
    private func examine(
        _ webhook: NotificationConfiguration.Webhook, _ subject: String, keyID: String
    ) async -> Finding {
        let host = PublicURL(webhook.url)?.host ?? webhook.url
        do {
            guard let url = PublicURL(webhook.url) else {
                throw Fault(
                    "doctor.webhook", .caller, "\(webhook.url) is not an address.", remedy: "Name an https URL.")
            }
            let delivery = try WebhookDelivery(
                url: url, secret: try webhook.secret.load(), caFile: webhook.caFile, keyID: keyID)
            try await delivery.post(NoticeMessage(notifications: []), at: clock(), refusal: "notifications.refused")
            return Finding(
                subject: subject, isGood: true, detail: "\(host) takes notices, by an empty delivery just now")
        } catch {
            return Finding(subject: subject, isGood: false, detail: "\(host) takes no notices: \(error)")
        }
    }
}
