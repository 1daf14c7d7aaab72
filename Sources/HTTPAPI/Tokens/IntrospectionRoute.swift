import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
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

    // RFC 7662 §2.2: whatever is wrong with a token, or with this caller's asking about it, the answer is the same one
    // member.
    private func introspect(
        _ token: String, in tenant: TenantID, for caller: Principal
    ) async throws -> AttributeValue {
        let inactive: AttributeValue = ["active": .bool(false)]
        guard case .success(let credential) = gateway.sessions.validate(any: token) else { return inactive }
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
