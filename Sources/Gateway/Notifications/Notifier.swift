import Crypto
import Fetch
import Foundation
import Identity
import Storage
import Vocabulary

/// Puts what people and systems are to be told into the outbox, in the transaction of whatever there is to tell, so that
/// neither is there without the other. Couriers carry it from there.
public struct Notifier: Sendable {
    let store: Store
    let tenants: TenantTable
    let settings: NotificationConfiguration

    /// How long a notice is worth carrying.
    static let lifetime = Duration.days(7)

    /// The one receiver of everything that people are told.
    static let mail = "mail"

    /// The receiver's name of a webhook: its address says more than a log should.
    static func receiver(_ url: String) -> String {
        "webhook."
            + SHA256.hash(data: Data(url.utf8)).prefix(6).map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    }

    /// The receiver's name of a system that decides.
    static func receiver(system: String) -> String { "system." + system }

    /// Tells somebody by mail. Does nothing where there is no mail server, or the person is not active or has no address;
    /// answers whether it was noted.
    ///
    /// - Parameter once: a second notice with the same value to the same person is none.
    @discardableResult
    public func tell(_ person: PersonID, _ notice: Notice, once: [UInt8], in tenant: TenantID) async throws -> Bool {
        try await store.write(.spool) { tx in try tell(person, notice, once: once, in: tenant, tx) }
    }

    @discardableResult
    func tell(
        _ person: PersonID, _ notice: Notice, once: [UInt8], in tenant: TenantID, _ tx: Transaction
    ) throws -> Bool {
        guard settings.mail != nil, let known = try tx.sql.person(person, in: tenant), known.isReachable else {
            return false
        }
        return try put(NoticeContent(notice), notice.topic, Self.mail, person, once + person.bytes, tenant, tx)
    }

    /// Tells an address that belongs to nobody here.
    @discardableResult
    func tell(
        _ address: MailAddress, _ notice: Notice, once: [UInt8], in tenant: TenantID, _ tx: Transaction
    ) throws -> Bool {
        guard settings.mail != nil else { return false }
        return try put(
            NoticeContent(notice, address: address.address), notice.topic, Self.mail, nil, once, tenant, tx)
    }

    /// Tells every webhook of the tenant.
    func announce(_ notice: Notice, once: [UInt8], in tenant: TenantID, _ tx: Transaction) throws {
        for webhook in settings.webhooks where isOf(webhook, tenant) {
            try put(NoticeContent(notice), notice.topic, Self.receiver(webhook.url), nil, once, tenant, tx)
        }
    }

    /// Asks a system that decides.
    func ask(_ system: String, _ notice: Notice, once: [UInt8], in tenant: TenantID, _ tx: Transaction) throws {
        try put(NoticeContent(notice), notice.topic, Self.receiver(system: system), nil, once, tenant, tx)
    }

    /// Whether a webhook is told of a tenant's news.
    func isOf(_ webhook: NotificationConfiguration.Webhook, _ tenant: TenantID) -> Bool {
        let found = webhook.tenant.map { tenants.tenant(slug: $0) } ?? tenants.defaultTenant
        return found?.id == tenant
    }

    /// Whether anybody is told anything of this tenant.
    func isHeard(in tenant: TenantID) -> Bool {
        settings.mail != nil || settings.webhooks.contains { isOf($0, tenant) }
            || settings.systems.contains { isOf($0.webhook, tenant) }
    }

    @discardableResult
    private func put(
        _ content: NoticeContent, _ topic: String, _ receiver: String, _ person: PersonID?, _ once: [UInt8],
        _ tenant: TenantID, _ tx: Transaction
    ) throws -> Bool {
        let id = NotificationID.random(at: tx.now)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let sealed = try tx.keys.seal(
            Array(try encoder.encode(content)), purpose: .record, tenant: tenant, context: id.bytes)
        return try tx.sql.insert(
            NotificationRow(
                id: id, tenant: tenant, receiver: receiver, person: person, topic: topic,
                once: Array(SHA256.hash(data: Data(Array(topic.utf8) + [0] + once)).prefix(16)), sealed: sealed,
                createdAt: tx.now, expiresAt: tx.now + Self.lifetime))
    }
}

extension Person {
    /// Whether mail finds them: nobody is told who may not act on it.
    var isReachable: Bool { status == .active && mail.flatMap { MailAddress($0) } != nil }
}

extension Gateway {
    /// Tells people and systems what waits for them.
    public var notifier: Notifier {
        Notifier(store: store, tenants: tenants, settings: configuration.notifications)
    }
}
