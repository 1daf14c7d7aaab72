import HTTPTypes
import Hummingbird
import Synchronization
import Vocabulary

/// Counts and times requests by route template and status class: a bounded set of labels, whatever is asked for.
public final class MetricsMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    /// What a request is counted under.
    private struct Labels: Hashable {
        let method: String
        let route: String
        let statusClass: Int
    }

    /// The handles of one set of labels: asking the registry for them costs more than a decision.
    private struct Handles {
        let count: Counter
        let time: Histogram
    }

    private let registry: MetricsRegistry
    private let inFlight: Gauge
    private let clock = ContinuousClock()
    private let refusals = Mutex<[String: Counter]>([:])
    // As many as there are routes, methods and classes of status: templates and words of ours, nothing that is sent.
    private let known = Mutex<[Labels: Handles]>([:])

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
        if let code = context.refusal.code { refusal(code).increment() }
        return response
    }

    /// Codes are stable words of ours, as many as the source has; the registry's own limit stands behind that.
    private func refusal(_ code: String) -> Counter {
        refusals.withLock { refusals in
            if let known = refusals[code] { return known }
            let made = registry.counter(
                "gatehouse_http_refusals_total", help: "Requests that were refused or failed, by code.",
                labels: ["code": code])
            refusals[code] = made
            return made
        }
    }

    private func record(_ request: Request, _ response: Response, route: String, seconds: Double) {
        let method = Self.methods.contains(request.method.rawValue) ? request.method.rawValue : "OTHER"
        let labels = Labels(method: method, route: route, statusClass: response.status.code / 100)
        let handles = known.withLock { known in
            if let handles = known[labels] { return handles }
            let made = make(labels)
            known[labels] = made
            return made
        }
        handles.count.increment()
        handles.time.observe(seconds)
    }

    private func make(_ labels: Labels) -> Handles {
        Handles(
            count: registry.counter(
                "gatehouse_http_requests_total", help: "Requests answered.",
                labels: ["method": labels.method, "route": labels.route, "status": "\(labels.statusClass)xx"]),
            time: registry.histogram(
                "gatehouse_http_request_duration_seconds", help: "Time to answer a request.",
                labels: ["route": labels.route]))
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
}
