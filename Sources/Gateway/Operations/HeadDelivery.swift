import Fetch
import Foundation
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let answer = try await webhook.post([UInt8](try encoder.encode(Body(heads: heads))), at: now)
        guard (200..<300).contains(answer.status) else {
            throw Fault("heads.refused", .peer, "The receiver of heads answered \(answer.status).")
        }
        return answer
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() { webhook.shutdown() }
}
