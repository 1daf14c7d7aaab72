import Fetch
import Foundation
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

    /// One request, signed at a moment; whoever takes it answers 2xx.
    ///
    /// - Parameter refusal: the code of the fault for another answer.
    /// - Throws: that fault, and what fetching throws.
    @discardableResult
    func post(_ message: some Encodable, at now: Timestamp, refusal: String) async throws -> FetchResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let answer = try await post([UInt8](try encoder.encode(message)), at: now)
        guard (200..<300).contains(answer.status) else {
            throw Fault(refusal, .peer, "\(url.host) answered \(answer.status).")
        }
        return answer
    }

    private func post(_ body: [UInt8], at now: Timestamp) async throws -> FetchResponse {
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
    static let ownNetworks = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
    ].compactMap { CIDR($0) }
}

/// How the deliveries to one receiver go.
public struct DeliveryStatus: Sendable {
    /// The receiver's host.
    public let host: String
    /// When it last took something.
    public internal(set) var deliveredAt: Timestamp?
    /// Attempts in a row that failed; none after a good one.
    public private(set) var failures = 0
    /// A stable code of the last failure.
    public private(set) var failure: String?

    init(host: String) { self.host = host }

    mutating func succeeded() { (failures, failure) = (0, nil) }

    /// Notes a failed attempt. Answers how long to pause before the next.
    mutating func failed(_ error: any Error, otherwise code: String) -> Duration {
        failures += 1
        failure = (error as? Fault)?.code ?? code
        return DeliveryPause.after(failures)
    }
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
