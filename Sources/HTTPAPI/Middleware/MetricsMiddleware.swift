import Hummingbird
import Vocabulary

/// Counts and times requests by route template and status class: a bounded set of labels, whatever is asked for.
public struct MetricsMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    private let registry: MetricsRegistry
    private let inFlight: Gauge
    private let clock = ContinuousClock()

    public init(_ registry: MetricsRegistry) {
        self.registry = registry
        inFlight = registry.gauge("gatehouse_http_requests_in_flight", help: "Requests being answered.")
    }

    /// Counts the request and times it under its route's pattern, never under the path.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        inFlight.add(1)
        defer { inFlight.add(-1) }
        let start = clock.now
        let response = try await next(request, context)
        record(request, response, route: context.endpointPath ?? "NotFound", seconds: (clock.now - start) / .seconds(1))
        return response
    }

    private func record(_ request: Request, _ response: Response, route: String, seconds: Double) {
        let method = Self.known.contains(request.method.rawValue) ? request.method.rawValue : "OTHER"
        let labels = ["method": method, "route": route, "status": "\(response.status.code / 100)xx"]
        registry.counter("gatehouse_http_requests_total", help: "Requests answered.", labels: labels).increment()
        registry.histogram(
            "gatehouse_http_request_duration_seconds", help: "Time to answer a request.", labels: ["route": route]
        ).observe(seconds)
    }

    private static let known: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
}
