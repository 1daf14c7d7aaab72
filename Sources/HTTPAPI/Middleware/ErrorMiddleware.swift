import HTTPTypes
import Hummingbird
import Logging
import Vocabulary

/// The outermost catch: whatever was thrown becomes a problem+json answer, and the precise code goes to the log.
public struct ErrorMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    /// Turns a problem into what a browser should see; nil answers with problem+json.
    public typealias Presenter = @Sendable (Problem, Request, Context) -> Response?

    private let present: Presenter

    public init(present: @escaping Presenter = { _, _, _ in nil }) { self.present = present }

    /// Turns whatever is thrown further in into an answer, and logs what was our own fault.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let failure = ErrorMapping.failure(for: error)
            context.refusal.code = failure.code
            var problem = ErrorMapping.told(failure, isOperator: context.isLocalSocket)
            problem.instance = "urn:gatehouse:request:\(context.requestID)"
            if problem.status >= 500 {
                context.logger.error(
                    "request failed", metadata: ["code": "\(failure.code)", "detail": "\(failure.detail)"])
            }
            var response = present(problem, request, context) ?? problem.response()
            for field in failure.headers { response.headers[field.name] = field.value }
            // RFC 9110 §9.3.2: a body here would be read as the beginning of the next answer.
            return request.method == .head ? response.createHeadResponse() : response
        }
    }
}
