import Logging
import Storage
import Vocabulary

/// Carries signed heads to one webhook until it answers 2xx. What is to be sent is read from the store, so nothing is
/// lost by a restart: the newest head of each tenant is sent again then, which a receiver may ignore.
public actor HeadCourier {
    /// Heads in one request; more go in the next.
    static let headLimit = 256
    private static let pollInterval: Duration = .milliseconds(250)

    private(set) var status: DeliveryStatus
    private let delivery: HeadDelivery
    private let store: Store
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private var accepted: [TenantID: SignedHead] = [:]
    private var isDue = true
    private var notBefore = Timestamp(seconds: 0)

    init(
        url: PublicURL, secret: SecretText, caFile: String?, store: Store,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        delivery = try HeadDelivery(url: url, secret: secret, caFile: caFile)
        status = DeliveryStatus(host: url.host)
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// The newest head of a tenant that the receiver took; nil where it took none since the start.
    func accepted(in tenant: TenantID) -> SignedHead? { accepted[tenant] }

    /// Says that there may be newer heads.
    func nudge() { isDue = true }

    /// Delivers what is due until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            if isDue, clock() >= notBefore { await deliver() }
            do { try await Task.sleep(for: Self.pollInterval) } catch { return }
        }
    }

    /// One attempt with whatever the receiver has not accepted yet; a failure is noted and tried again later.
    func deliver() async {
        isDue = false
        do {
            let missing = try await missing()
            for start in stride(from: 0, to: missing.count, by: Self.headLimit) {
                let heads = Array(missing[start..<min(start + Self.headLimit, missing.count)])
                _ = try await delivery.send(heads, at: clock())
                for head in heads { accepted[head.tenant] = head }
            }
            if !missing.isEmpty { status.deliveredAt = clock() }
            status.succeeded()
        } catch {
            fail(error)
        }
    }

    /// The last chance before the end of the process: an attempt that may not take long.
    func finish() async {
        let attempt = Task { await deliver() }
        let limit = Task {
            try? await Task.sleep(for: .seconds(3))
            attempt.cancel()
        }
        await attempt.value
        limit.cancel()
        delivery.shutdown()
    }

    private func missing() async throws -> [SignedHead] {
        try await store.newestHeads().values.filter { head in
            accepted[head.tenant].map { ($0.epoch, $0.size) < (head.epoch, head.size) } ?? true
        }.sorted { $0.tenant < $1.tenant }
    }

    private func fail(_ error: any Error) {
        notBefore = clock() + status.failed(error, otherwise: "heads.failed")
        isDue = true
        logger.warning(
            "heads could not be delivered",
            metadata: [
                "host": "\(status.host)", "code": "\(status.failure ?? "")", "failures": "\(status.failures)",
            ])
    }
}

extension Gateway {
    /// A courier for each configured webhook.
    static func couriers(
        _ configuration: JournalConfiguration, store: Store, clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> [HeadCourier] {
        try configuration.sinks.compactMap { sink in
            guard case .webhook(let text, let secret, let caFile) = sink, let url = PublicURL(text) else { return nil }
            return try HeadCourier(
                url: url, secret: try secret.load(), caFile: caFile, store: store, clock: clock, logger: logger)
        }
    }

    /// Signs a head of each tenant's tree over what is durable, copies it to the sinks, and answers how many.
    @discardableResult public func signHeads() async throws -> Int {
        let signed = try await store.signHeads(now: clock())
        for courier in couriers { await courier.nudge() }
        return signed.count
    }
}
