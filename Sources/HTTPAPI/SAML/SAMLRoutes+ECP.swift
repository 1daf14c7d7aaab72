import Gateway
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import SAML
import Vocabulary

/// Where enhanced clients bring requests of applications (ECP Profile Version 2.0 §2.3.4), by SOAP over HTTP with the login
/// and password of whoever is meant (RFC 7617; IIP-IDP14).
extension SAMLRoutes {
    /// `charset` says that both are UTF-8 (RFC 7617 §2.1).
    static let passwordChallenge = "Basic realm=\"gatehouse\", charset=\"UTF-8\""

    func carried(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        guard let service = gateway.enhancedClients else { throw Refusal.notFound }
        try Self.refusePages(request.headers)
        let body = try await Self.envelope(request)
        let browser = LoginBrowser(
            tenant: call.tenant.id, preSession: nil, source: call.source, trace: call.trace)
        let answer = try await service.answer(body, try Self.credentials(request.headers), from: browser)
        switch answer {
        case .soap(let answer): return Self.response(answer)
        case .refused(let message, let answer):
            context.refusal.blame(peerFor: message.code)
            try await gateway.note(message, from: browser)
            return Self.response(answer)
        case .challenge: throw Refusal.unauthenticated(challenge: Self.passwordChallenge)
        case .throttled(let wait):
            throw Refusal.tooManyRequests(retryAfterSeconds: max(1, Int(wait.components.seconds)))
        case .unavailable: throw Refusal.busy(retryAfterSeconds: 30)
        }
    }

    /// A browser may remember a password and add it by itself. An enhanced client is none, and says nothing of pages.
    private static func refusePages(_ headers: HTTPFields) throws {
        let site = HTTPField.Name("Sec-Fetch-Site").map { headers[values: $0] } ?? []
        guard headers[values: .origin].isEmpty, site.isEmpty else { throw Refusal.forbidden(code: "csrf.origin") }
    }

    private static func credentials(_ headers: HTTPFields) throws -> EnhancedClientService.Credentials? {
        let values = headers[values: .authorization]
        guard let value = values.first else { return nil }
        guard values.count == 1, case .basic(let login, let password) = try AuthorizationHeader(value) else {
            throw Refusal.badRequest(
                code: "authorization.malformed", where: "The Authorization header has to be one of Basic.")
        }
        return EnhancedClientService.Credentials(login: login, password: password)
    }
}
