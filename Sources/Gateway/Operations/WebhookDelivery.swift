import Fetch
import Storage
import Vocabulary

/// Posts signed JSON to one webhook that the operator named.
struct WebhookDelivery: Sendable {
    private let url: PublicURL
    private let signature: MessageSignature
    private let fetcher: HTTPFetcher

    init(url: PublicURL, secret: SecretText, caFile: String?, keyID: String) throws {
        var configuration = FetchConfiguration()
        // The operator named the receiver, so it may stand in the operator's own network; plain HTTP stays on loopback.
        configuration.allowedNetworks = Self.ownNetworks
        configuration.plainHTTP = .loopbackOnly
        configuration.certificateAuthorityFile = caFile
        configuration.threadCount = 1
        fetcher = try HTTPFetcher(configuration)
        signature = MessageSignature(secret: secret, keyID: keyID)
        self.url = url
    }

    /// One request, signed at a moment; the answer whatever its status.
    func post(_ body: [UInt8], at now: Timestamp) async throws -> FetchResponse {
        let text = url.description
        let headers = signature.headers(
            method: "POST", url: text, contentType: "application/json", body: body, at: now)
        var limits = FetchLimits()
        limits.responseBytes = 64 << 10
        return try await fetcher.fetch(FetchRequest(.post, url: text, headers: headers, body: body, limits: limits))
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() { fetcher.shutdown() }

    /// RFC 1918, RFC 4193 and loopback.
    private static let ownNetworks = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
    ].compactMap { CIDR($0) }
}

/// When to try again what a receiver did not take: a second later, then twice as long each time, five minutes at most.
struct DeliveryPause: Sendable {
    private static let first: Duration = .seconds(1)
    private static let longest: Duration = .seconds(300)

    /// The pause after so many failures in a row.
    static func after(_ failures: Int) -> Duration {
        min(first * Int(1 << min(max(0, failures - 1), 9)), longest)
    }
}
