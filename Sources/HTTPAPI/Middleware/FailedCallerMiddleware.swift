import Gateway
import HTTPTypes
import Hummingbird
import Vocabulary

/// Bounds how often one source may present credentials that prove nobody: introspection, decisions and the management
/// API alike.
///
/// A credential is always looked at first, so that a right caller is never hurt by a wrong one behind the same address;
/// the bound turns the 401 of a wrong one into 429. A request without a credential is not counted: RFC 9110 §11.6.1 has
/// clients ask first and answer the challenge.
struct FailedCallerMiddleware: RouterMiddleware {
    let limit: SourceRateLimit
    let trusted: TrustedProxies
    let clock: @Sendable () -> Timestamp

    func handle(
        _ request: Request, context: GatewayRequestContext,
        next: (Request, GatewayRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal where Self.isFailedAuthentication(refusal, request) {
            let source = BrowserCall.source(request.headers, context.peer, trusted)
            if !context.isLocalSocket { try limit.admit(source, at: clock()) }
            throw refusal
        }
    }

    private static func isFailedAuthentication(_ refusal: Refusal, _ request: Request) -> Bool {
        guard request.headers[.authorization] != nil else { return false }
        switch refusal {
        case .unauthenticated, .badRequest("authorization.malformed", _): return true
        default: return false
        }
    }
}
