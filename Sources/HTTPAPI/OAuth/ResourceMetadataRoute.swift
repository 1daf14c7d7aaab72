import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore
import OAuth
import Vocabulary

/// What protected resources tell of themselves (RFC 9728 §3): an application that takes access tokens, on its own host
/// through the proxy; and the gateway's own userinfo.
struct ResourceMetadataRoute: Sendable {
    static let path = "/.well-known/oauth-protected-resource"

    let gateway: Gateway
    let gate: RouteRegistry.Gate
    let trusted: TrustedProxies

    func install(on router: Router<GatewayRequestContext>) {
        // §3.1 inserts the well-known part between host and path.
        for path in [Self.path, Self.path + "/**"] {
            router.get(RouterPath(path)) { request, context in try await answer(request, context) }
            router.on(RouterPath(path), method: .options) { _, _ in
                Response(status: .noContent, headers: CrossOrigin.preflight)
            }
        }
    }

    private func answer(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let rest = String(request.uri.path.dropFirst(Self.path.count))
        let metadata =
            if let application = application(request, context) {
                try application.metadata(rest, gateway)
            } else { try await own(rest) }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json", .cacheControl: "public, max-age=300", .accessControlAllowOrigin: "*",
            ], body: .init(byteBuffer: ByteBuffer(bytes: metadata.json.serialized)))
    }

    private func application(_ request: Request, _ context: GatewayRequestContext) -> ProtectedApplication? {
        guard trusted.contains(context.peer),
            let host = request.headers[HTTPField.Name("X-Forwarded-Host")!].flatMap(ForwardedRequest.hostName)
        else { return nil }
        return gateway.applications.application(host: host)
    }

    private func own(_ rest: String) async throws -> ResourceMetadata {
        let slug: String
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        if rest.isEmpty {
            slug = Tenant.defaultSlug
        } else if parts.count == 3, parts[1] == "t" {
            slug = String(parts[2])
        } else {
            throw Refusal.notFound
        }
        let issuer = gateway.tenants.publicURL(of: try await gate.tenant(slug).id)
        // A tenant of another host or path is found at its own.
        guard ResourceMetadata.wellKnownAddress(of: issuer)?.hasSuffix(Self.path + rest) == true else {
            throw Refusal.notFound
        }
        return ResourceMetadata(
            resource: issuer, authorizationServers: [issuer],
            scopes: ScopeSet(Set(UserInfo.scopeClaims.keys).union(["openid"])) ?? .empty)
    }
}

extension ProtectedApplication {
    /// What it tells of itself at the well-known place followed by `rest`.
    ///
    /// - Throws: `Refusal.notFound` where it takes no tokens, or its identifier has another path (§3.3: the name in the
    ///   document has to be the one that it was found by).
    fileprivate func metadata(_ rest: String, _ gateway: Gateway) throws -> ResourceMetadata {
        guard settings.forwardAuth, let resource = settings.resource,
            let address = ResourceMetadata.wellKnownAddress(of: resource.identifier),
            let own = WebAddress(address)?.path, own == ResourceMetadataRoute.path + rest
        else { throw Refusal.notFound }
        return ResourceMetadata(
            resource: resource.identifier, authorizationServers: [gateway.tenants.publicURL(of: tenant)],
            scopes: ScopeSet(resource.scopes.map(\.name)) ?? .empty, name: settings.name,
            documentation: resource.documentation, requiresDPoP: resource.requiresDPoP)
    }
}
