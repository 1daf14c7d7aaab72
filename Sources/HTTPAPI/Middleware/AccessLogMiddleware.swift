import Hummingbird
import Logging
import Vocabulary

/// One line per request: the route's template, never its query string, its path's values, cookies or headers.
public struct AccessLogMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let clock = ContinuousClock()

    public init() {}

    /// Writes one line once the answer is known; never a query string, a header's value or a body.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = clock.now
        let response = try await next(request, context)
        let elapsed = (clock.now - start) / .microseconds(1)
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue), "route": .string(context.endpointPath ?? "NotFound"),
            "status": .string(String(response.status.code)), "us": .string(String(Int(elapsed))),
        ]
        if let peer = context.peer { metadata["peer"] = .string(peer.description) }
        if let code = context.refusal.code { metadata["reason"] = .string(code) }
        let isOurs = response.status.code >= 500 && !context.refusal.isPeers
        context.logger.log(level: isOurs ? .error : .info, "request", metadata: metadata)
        return response
    }
}
