import Fetch
import Foundation
import Storage
import Vocabulary

/// Sends signed heads to one webhook.
struct HeadDelivery: Sendable {
    private let url: PublicURL
    private let signature: MessageSignature
    private let fetcher: HTTPFetcher

    init(url: PublicURL, secret: SecretText, caFile: String?) throws {
        var configuration = FetchConfiguration()
        // The operator named the receiver, so it may stand in the operator's own network; plain HTTP stays on loopback.
        configuration.allowedNetworks = Self.ownNetworks
        configuration.plainHTTP = .loopbackOnly
        configuration.certificateAuthorityFile = caFile
        configuration.threadCount = 1
        fetcher = try HTTPFetcher(configuration)
        signature = MessageSignature(secret: secret, keyID: "gatehouse-heads")
        self.url = url
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
        let body = [UInt8](try encoder.encode(Body(heads: heads)))
        let text = url.description
        let headers = signature.headers(
            method: "POST", url: text, contentType: "application/json", body: body, at: now)
        var limits = FetchLimits()
        limits.responseBytes = 64 << 10
        let answer = try await fetcher.fetch(
            FetchRequest(.post, url: text, headers: headers, body: body, limits: limits))
        guard (200..<300).contains(answer.status) else {
            throw Fault("heads.refused", .peer, "The receiver of heads answered \(answer.status).")
        }
        return answer
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() { fetcher.shutdown() }

    /// RFC 1918, RFC 4193 and loopback.
    private static let ownNetworks = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
    ].compactMap { CIDR($0) }
}
