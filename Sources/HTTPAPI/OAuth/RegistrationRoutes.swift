import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore
import OAuth
import Vocabulary

/// `/oauth2/register`: clients that register themselves (RFC 7591), and look after it with the token they got then
/// (RFC 7592). Not there unless the configuration says who may.
struct RegistrationRoutes: Sendable {
    private static let path = "/oauth2/register"

    let gateway: Gateway
    let gate: RouteRegistry.Gate
    let trusted: TrustedProxies
    let limit: SourceRateLimit

    func install(on router: Router<GatewayRequestContext>) {
        guard gateway.configuration.oauth.registration.gate != .nobody else { return }
        for prefix in ["", "/t/{tenant}"] {
            router.post("\(prefix)\(Self.path)") { try await register($0, $1) }
            router.get("\(prefix)\(Self.path)/{client}") { request, context in
                try await manage(request, context) { client, token in
                    (.ok, gateway.registration.read(client, token: token))
                }
            }
            router.put("\(prefix)\(Self.path)/{client}") { request, context in
                try await manage(request, context) { client, token in
                    let body = try await Self.body(request)
                    let answer = try await gateway.registration.update(
                        client, body, token: token, trace: context.requestID)
                    return (.ok, answer)
                }
            }
            router.delete("\(prefix)\(Self.path)/{client}") { request, context in
                try await manage(request, context) { client, _ in
                    try await gateway.registration.delete(client, trace: context.requestID)
                    return (.noContent, nil)
                }
            }
        }
    }

    private func tenant(_ context: GatewayRequestContext) async throws -> Tenant {
        try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
    }

    private func register(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try limit.admit(BrowserCall.source(request.headers, context.peer, trusted), at: gateway.clock())
        let tenant = try await tenant(context)
        let actor = try await self.actor(request, context, tenant)
        return try await Self.answering {
            let answer = try await gateway.registration.register(
                try await Self.body(request), in: tenant.id, by: actor, trace: context.requestID)
            return (.created, answer)
        }
    }

    /// Who lets a client register: everybody, or the service account whose key is the initial access token.
    private func actor(
        _ request: Request, _ context: GatewayRequestContext, _ tenant: Tenant
    ) async throws -> Actor {
        guard gateway.configuration.oauth.registration.gate == .token else { return .anonymous }
        guard let caller = try await gate.principal(request, context, tenant), caller.tenant == tenant.id else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.missing.header)
        }
        guard
            case .permitted = try await gateway.management(
                of: caller, "register", "client", resource: "*", in: tenant.id)
        else { throw Refusal.forbidden(code: "client.register") }
        return switch caller.subject {
        case .person(let id): .person(id)
        case .serviceAccount(let id): .serviceAccount(id)
        }
    }

    /// One request about one registration, by its own token; without it nobody learns whether there is one.
    private func manage(
        _ request: Request, _ context: GatewayRequestContext,
        _ work: (OAuthClient, SecretText) async throws -> OAuthExchange.Answer
    ) async throws -> Response {
        let tenant = try await tenant(context)
        let shown = try? OAuth.AuthorizationHeader.read(request.headers[values: .authorization])
        guard let shown, shown.scheme == .bearer, let name = context.parameters.get("client"),
            let client = gateway.registration.find(name, token: shown.token, in: tenant.id)
        else {
            let challenge = Challenge(OAuthError(.invalidToken, "not the token of this registration"))
            return Response(
                status: .unauthorized, headers: [.wwwAuthenticate: challenge.bearer, .cacheControl: "no-store"])
        }
        return try await Self.answering { try await work(client, SecretText(shown.token)) }
    }

    private static func answering(_ work: () async throws -> OAuthExchange.Answer) async throws -> Response {
        do {
            let answer = try await work()
            return OAuthExchange.response(answer.status, answer.body)
        } catch let error as OAuthError {
            return OAuthExchange.response(.init(code: error.status), error.json)
        }
    }

    private static func body(_ request: Request) async throws -> [UInt8] {
        guard request.headers[.contentType].map(MediaType.essence) == "application/json" else {
            throw OAuthError(.invalidClientMetadata, "the body has to be application/json")
        }
        guard let body = try? await request.body.collect(upTo: DynamicRegistration.bodyByteLimit) else {
            throw OAuthError(.invalidClientMetadata, "the body is too long")
        }
        return Array(body.readableBytesView)
    }
}
