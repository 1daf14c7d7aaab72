import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore
import OAuth
import Vocabulary

/// Token introspection (RFC 7662) of application sessions and API keys, for authenticated callers, each about the tokens
/// that are for it: the permission `introspect` on `token`, whose resource is the application a token was made for.
struct IntrospectionRoute: Sendable {
    let gateway: Gateway
    let gate: RouteRegistry.Gate

    func install(on router: Router<GatewayRequestContext>) {
        for path in ["/oauth2/introspect", "/t/{tenant}/oauth2/introspect"] {
            router.post(RouterPath(path)) { request, context in try await respond(request, context) }
        }
    }

    private func respond(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let tenant = try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
        // A client proves itself as at the token endpoint; a service of the gateway's own brings an API key.
        if Self.showsClient(request) { return try await answerClient(request, context) }
        guard let caller = try await gate.principal(request, context, tenant), caller.tenant == tenant.id else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.missing.header)
        }
        // §2.1: by POST, as a form. A token in the query would stand in logs, so nothing is read from there.
        let type = request.headers[.contentType].map(MediaType.essence)
        guard type == "application/x-www-form-urlencoded" else {
            throw Refusal.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        let body = try await request.body.collect(upTo: Self.formLimit)
        let form = try FormBody(Array(body.readableBytesView))
        guard let token = form.secret("token") else {
            throw Refusal.badRequest(code: "introspection.token_missing", where: "The form has no `token`.")
        }
        let answer = try await introspect(token.reveal(), in: tenant.id, for: caller)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: CanonicalJSON.encode(answer))))
    }

    static let formLimit = 16 * 1_024

    /// Says that a service of the gateway's own may bring its key as well.
    private static func challenging(_ response: Response) -> Response {
        guard response.status == .unauthorized else { return response }
        var response = response
        let basic = response.headers[.wwwAuthenticate]
        response.headers[.wwwAuthenticate] = [BearerChallenge.missing.header, basic].compactMap(\.self)
            .joined(separator: ", ")
        return response
    }

    /// By another scheme than an API key's, or in the form.
    private static func showsClient(_ request: Request) -> Bool {
        guard let header = request.headers[.authorization] else {
            return request.headers[.contentType].map(MediaType.essence) == "application/x-www-form-urlencoded"
        }
        return !ASCII.hasPrefix(header, "bearer ")
    }

    /// RFC 7662 to a client, as JSON or signed (RFC 9701 §4), whichever it is registered for or asks for.
    private func answerClient(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let exchange = OAuthExchange(gateway, gate, request, context)
        var signed: String?
        let response = try await exchange.answer { call in
            let (answer, client) = try await gateway.tokens.introspect(call)
            let wantsSigned = request.headers[.accept].map(MediaType.essence) == Introspection.signedMediaType
            if wantsSigned || client.metadata.introspectionAlgorithm != nil {
                signed = try await gateway.tokens.signed(answer, for: client)
            }
            return (.ok, answer)
        }
        guard let signed else { return Self.challenging(response) }
        return Response(
            status: .ok, headers: [.contentType: Introspection.signedMediaType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: signed)))
    }

    /// A token that a client got here, for a service that may introspect that client's.
    private func issued(
        _ token: String, in tenant: TenantID, for caller: Principal
    ) async throws -> AttributeValue? {
        guard let (client, answer) = try await gateway.tokens.describe(token, in: tenant),
            case .permitted = try await gateway.management(
                of: caller, "introspect", "token", resource: client, in: tenant)
        else { return nil }
        return AttributeValue(.object(answer))
    }

    // RFC 7662 §2.2: whatever is wrong with a token, or with this caller's asking about it, the answer is the same one
    // member.
    private func introspect(
        _ token: String, in tenant: TenantID, for caller: Principal
    ) async throws -> AttributeValue {
        let inactive: AttributeValue = ["active": .bool(false)]
        guard case .success(let credential) = gateway.sessions.validate(any: token) else {
            return try await issued(token, in: tenant, for: caller) ?? inactive
        }
        let principal = credential.principal
        let audience = principal.audience.flatMap { gateway.applications.application($0) }
        guard principal.tenant == tenant,
            case .permitted = try await gateway.management(
                of: caller, "introspect", "token", resource: audience?.settings.key ?? "", in: tenant),
            let person = try await gateway.describe(principal)
        else { return inactive }
        var members: [String: AttributeValue] = [
            "active": .bool(true), "sub": .string(principal.subject.id), "token_type": "Bearer",
            "exp": .integer(credential.expiresAt.seconds), "username": .string(person.login),
            "iss": .string(gateway.tenants.publicURL(of: tenant)),
            "roles": .list(person.roles.map(AttributeValue.string)), "acr": .string(principal.strength.acr),
            "amr": .list(principal.amr.map(AttributeValue.string)),
        ]
        if let time = principal.authenticatedAt { members["auth_time"] = .integer(time.seconds) }
        if let audience { members["aud"] = .string(audience.settings.key) }
        if let scopes = principal.scopes { members["scope"] = .string(scopes.joined(separator: " ")) }
        if case .applicationSession(let id) = principal.credential { members["sid"] = .string(id.description) }
        return .object(members)
    }
}
