import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore
import OAuth
import Vocabulary

/// `/oauth2/userinfo` (OpenID Connect Core §5.3), by GET and POST, with the token in the header or in a form.
struct UserInfoRoute: Sendable {
    let gateway: Gateway
    let gate: RouteRegistry.Gate

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get(RouterPath(prefix + "/oauth2/userinfo")) { try await answer($0, $1) }
            router.post(RouterPath(prefix + "/oauth2/userinfo")) { try await answer($0, $1) }
        }
    }

    private func answer(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let tenant = try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
        var response = try await response(request, context, tenant)
        try response.addNonce(to: request, of: tenant.id, gateway)
        return response
    }

    private func response(
        _ request: Request, _ context: GatewayRequestContext, _ tenant: Tenant
    ) async throws -> Response {
        do {
            let call = ResourceCall(
                tenant: tenant.id, authorization: request.headers[values: .authorization],
                formToken: try await Self.formToken(request),
                hasQueryToken: (request.uri.query ?? "").contains("access_token"), proofs: request.proofs,
                method: request.method.rawValue, address: gateway.tenants.publicURL(of: tenant.id) + context.endpoint)
            switch try await gateway.tokens.userInfo(call) {
            case nil: return challenge(Challenge(), tenant)
            case .json(let claims)?: return OAuthExchange.response(.ok, claims)
            case .signed(let token)?:
                var headers = CrossOrigin.answer
                headers[.contentType] = "application/jwt"
                headers[.cacheControl] = "no-store"
                return Response(
                    status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: token)))
            }
        } catch let error as OAuthError {
            return challenge(Challenge(error), tenant)
        }
    }

    /// RFC 6750 §2.2: in a form, by POST.
    private static func formToken(_ request: Request) async throws -> String? {
        guard request.method == .post,
            request.headers[.contentType].map(MediaType.essence) == "application/x-www-form-urlencoded"
        else { return nil }
        return try await AuthorizeRoutes.posted(request)["access_token"]
    }

    /// RFC 6750 §3, RFC 9449 §7.1: both schemes, because either token may be shown here.
    private func challenge(_ challenge: Challenge, _ tenant: Tenant) -> Response {
        var challenge = challenge
        // RFC 9728 §5.1: userinfo is a resource of the issuer's own name.
        challenge.resourceMetadata = ResourceMetadata.wellKnownAddress(of: gateway.tenants.publicURL(of: tenant.id))
        var response = Response(status: .init(code: challenge.status), headers: CrossOrigin.answer)
        response.headers[.cacheControl] = "no-store"
        response.headers[values: .wwwAuthenticate] = [challenge.bearer, challenge.dpop]
        return response
    }
}
