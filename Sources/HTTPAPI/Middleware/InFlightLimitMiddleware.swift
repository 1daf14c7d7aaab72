import HTTPTypes
import Hummingbird
import Synchronization

/// Refuses work beyond a bound instead of queueing it: an answer of 503 now is worth more than one of 200 too late.
public final class InFlightLimitMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let limit: Int
    private let running = Atomic<Int>(0)

    /// - Parameter limit: requests answered at the same time.
    public init(limit: Int) { self.limit = limit }

    /// Goes on, or refuses when there are too many requests at work; a refused one costs nothing further in.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let count = running.add(1, ordering: .relaxed).newValue
        defer { running.subtract(1, ordering: .relaxed) }
        guard count <= limit else { throw Refusal.busy(retryAfterSeconds: 1) }
        return try await next(request, context)
    }
}
