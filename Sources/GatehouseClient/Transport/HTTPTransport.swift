import Foundation

/// Sends one request and returns its answer whole. It follows no redirect, keeps no cookie and ends in bounded time.
///
/// Throws `GatehouseError` `transport.…` when there is no answer.
public typealias HTTPTransport = @Sendable (TransportRequest) async throws -> TransportAnswer

/// A request to the gateway. Its headers hold the API key: do not log them.
public struct TransportRequest: Sendable {
    /// `POST`, or `GET` with an empty body.
    public let method: String
    public let url: URL
    public let headers: [String: String]
    public let body: Data
}

/// A status and a body of at most `TransportAnswer.limit` bytes.
public struct TransportAnswer: Sendable {
    public let status: Int
    public let body: Data

    /// Bytes of an answer at most.
    public static let limit = 256 * 1_024

    public init(status: Int, body: Data) {
        self.status = status
        self.body = body
    }
}
