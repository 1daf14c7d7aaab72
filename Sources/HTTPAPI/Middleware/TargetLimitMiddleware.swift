import HTTPTypes
import Hummingbird

/// Refuses a request target over the configured length (RFC 9110 §15.5.15). The parser refuses any over 8 KiB before.
public struct TargetLimitMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let limit: Int

    /// - Parameter limit: bytes of path and query together.
    public init(limit: Int) { self.limit = limit }

    /// Goes on, or refuses with 414.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard (request.head.path ?? "").utf8.count <= limit else { throw Refusal.targetTooLong(limit: limit) }
        return try await next(request, context)
    }
}
