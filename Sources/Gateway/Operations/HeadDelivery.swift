import Fetch
import Storage
import Vocabulary

/// Sends signed heads to one webhook.
struct HeadDelivery: Sendable {
    private let webhook: WebhookDelivery

    init(url: PublicURL, secret: SecretText, caFile: String?) throws {
        webhook = try WebhookDelivery(url: url, secret: secret, caFile: caFile, keyID: "gatehouse-heads")
    }

    private struct Body: Encodable {
        let version = 1
        let heads: [SignedHead]
    }

    /// One request; whoever takes it answers 2xx.
    ///
    /// - Throws: `heads.refused`, and what fetching throws.
    func send(_ heads: [SignedHead], at now: Timestamp) async throws -> FetchResponse {
        try await webhook.post(Body(heads: heads), at: now, refusal: "heads.refused")
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() { webhook.shutdown() }
}
