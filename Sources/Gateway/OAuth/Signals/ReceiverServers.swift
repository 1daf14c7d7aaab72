import Fetch
import Vocabulary

/// The way to receivers of signals. Where an administrator said the address, it may stand in the operator's own network; where
/// a receiver said it by itself, only public ones are called (server-side request forgery), unless the configuration has it
/// otherwise.
final class ReceiverServers: Sendable {
    /// Receivers that are told something at the same time: each has a thread, so that a slow one keeps none of the others.
    static let atOnce = 8
    private static let timeout: Duration = .seconds(10)
    private static let answerBytes = 64 << 10

    private let known: HTTPFetcher
    private let strange: HTTPFetcher

    /// - Parameter caFile: a PEM file of authorities in place of the system's.
    init(caFile: String?, allowsPrivateReceivers: Bool) throws {
        var configuration = FetchConfiguration()
        configuration.certificateAuthorityFile = caFile
        configuration.threadCount = Self.atOnce
        if allowsPrivateReceivers { configuration.allowedNetworks = WebhookDelivery.ownNetworks }
        strange = try HTTPFetcher(configuration)
        configuration.allowedNetworks = WebhookDelivery.ownNetworks
        configuration.plainHTTP = .loopbackOnly
        known = try HTTPFetcher(configuration)
    }

    func post(_ body: [UInt8], to address: String, _ headers: [FetchHeader], isStrange: Bool) async throws
        -> FetchResponse
    {
        var limits = FetchLimits()
        limits.totalTimeout = Self.timeout
        limits.responseBytes = Self.answerBytes
        return try await (isStrange ? strange : known).fetch(
            FetchRequest(.post, url: address, headers: headers, body: body, limits: limits))
    }

    /// Refuses what comes; what is on the wire ends by its own limits.
    func shutdown() {
        known.shutdown()
        strange.shutdown()
    }
}
