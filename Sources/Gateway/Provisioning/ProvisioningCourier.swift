import Crypto
import Foundation
import Logging
import Storage
import Vocabulary

/// Tells one target system who gets and who loses its entitlements, who is disabled, and which entitlements nobody may use
/// or come with a role, in the order it happened, until the target answers 2xx. The journal itself is the outbox: what is to be told is read from it behind a mark that moves with each
/// acceptance, so that a restart loses nothing and may repeat the last message at most.
public actor ProvisioningCourier {
    /// Events of the journal that one message is made of at most.
    static let eventLimit = 100
    private static let pollInterval: Duration = .seconds(1)

    /// How the deliveries go.
    public private(set) var status: DeliveryStatus
    /// Changes that the target has accepted since the start.
    public private(set) var told = 0
    private let tenant: @Sendable () -> TenantID?
    private let name: [UInt8]
    private let webhook: WebhookDelivery
    private let store: Store
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private var notBefore = Timestamp(seconds: 0)

    /// - Parameters:
    ///   - tenant: whose assignments are told; nil while there is no such tenant.
    ///   - url: names the target, and its mark.
    init(
        tenant: @escaping @Sendable () -> TenantID?, url: PublicURL, webhook: WebhookDelivery, store: Store,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        status = DeliveryStatus(host: url.host)
        name = Array(SHA256.hash(data: Data("provisioning\n\(url)".utf8)).prefix(16))
        (self.tenant, self.webhook, self.store) = (tenant, webhook, store)
        (self.clock, self.logger) = (clock, logger)
    }

    /// Delivers what is due until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            if clock() >= notBefore { await deliver() }
            do { try await Task.sleep(for: Self.pollInterval) } catch { return }
        }
    }

    /// Tells what the target has not accepted yet; a failure is noted and tried again later.
    public func deliver() async {
        guard let tenant = tenant() else { return }
        do {
            while let batch = try await next(in: tenant) {
                if !batch.changes.isEmpty {
                    let message = ProvisioningMessage(tenant: tenant, changes: batch.changes)
                    try await webhook.post(message, at: clock(), refusal: "provisioning.refused")
                    status.deliveredAt = clock()
                    told += batch.changes.count
                }
                try await mark(batch.position, in: tenant)
                status.succeeded()
            }
        } catch {
            fail(error)
        }
    }

    // MARK: The journal as outbox

    private static let kind: StreamKind = "governed.provisioning"

    private func next(in tenant: TenantID) async throws -> (changes: [ProvisioningChange], position: Int64)? {
        let stream = Storage.Stream(kind: Self.kind, id: name)
        return try await store.ask(tenant, now: clock()) { view in
            let known = try view.sql.governed(stream, in: tenant)?.position ?? 0
            let places = try view.sql.provisioningPlaces(in: tenant, after: known, limit: Self.eventLimit)
            guard let last = places.last else { return nil }
            return (try view.provisioningChanges(places), last.position)
        }
    }

    private func mark(_ position: Int64, in tenant: TenantID) async throws {
        let name = name
        try await store.write(.spool) { tx in
            let known = try tx.sql.governed(Storage.Stream(kind: Self.kind, id: name), in: tenant)
            try tx.sql.put(
                GovernedRow(
                    tenant: tenant, kind: Self.kind, id: name, state: "active", type: "provisioning",
                    version: (known?.version ?? 0) + 1, position: position))
        }
    }

    private func fail(_ error: any Error) {
        notBefore = clock() + status.failed(error, otherwise: "provisioning.failed")
        logger.warning(
            "a target could not be told of assignments",
            metadata: [
                "host": "\(status.host)", "code": "\(status.failure ?? "")", "failures": "\(status.failures)",
            ])
    }
}
