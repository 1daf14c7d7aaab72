import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// Health, readiness, metrics, discovery, the API's own description and the stylesheet.
struct OperationsRoutes: Sendable {
    let gateway: Gateway
    let metrics: MetricsRegistry
    let registry: RouteRegistry
    let pages: PageRenderer

    func install(on router: Router<GatewayRequestContext>) {
        router.get("/healthz") { _, _ in Self.json(["status": "ok"]) }
        router.get("/readyz") { _, context in try await ready(isPrivate: context.isLocalSocket) }
        router.get("/metrics") { request, context in try await measured(request, context) }
        router.get("/api/v1/openapi.json") { _, _ in
            Self.json(
                OpenAPIDocument.make(
                    registry, version: GatehouseVersion.current,
                    publicURL: gateway.configuration.server.publicURL.description))
        }
        router.get("/.well-known/authzen-configuration") { _, _ in Self.json(try authZEN(Tenant.defaultSlug)) }
        router.get("/.well-known/authzen-configuration/t/{tenant}") { _, context in
            Self.json(try authZEN(context.parameters.get("tenant") ?? ""))
        }
        router.get(RouterPath(pages.stylesheetPath)) { _, _ in pages.stylesheetResponse() }
        router.get(RouterPath(pages.scriptPath)) { _, _ in pages.scriptResponse() }
    }

    /// Ready when the store answers a read and takes a write: nobody can sign in or be revoked where no change can be
    /// stored. A provider that is down is named, and does not make the gateway unready:
    /// other providers, sessions and decisions work without it, and taking every node out would help nobody. Neither
    /// does a tenant whose rules do not compile, while another one still decides.
    ///
    /// - Parameter isPrivate: asked over the control socket or the metrics listener, where codes of failures are shown.
    private func ready(isPrivate: Bool) async throws -> Response {
        guard let tenant = gateway.tenants.defaultTenant else {
            return Self.json(["status": "starting"], .serviceUnavailable)
        }
        let size = try await gateway.audit.size(of: tenant.id)
        let providers = try await gateway.providerHealth()
        let denying = gateway.tenantFaults
        let refusal = await gateway.writeRefusal()
        let isDeciding = denying.count < max(1, gateway.tenants.all.count { !$0.isDisabled })
        let isReady = isDeciding && refusal == nil
        var answer: [String: AttributeValue] = [
            "status": .string(refusal != nil ? "not_writing" : isReady ? "ready" : "denying"),
            "journal": .integer(size.size),
            "providers": .list(providers.map { $0.json(withFailures: isPrivate) }),
        ]
        if !denying.isEmpty { answer["denying"] = .list(denying.map { $0.json(withCause: isPrivate) }) }
        if let refusal {
            answer["code"] = .string(refusal.code)
            if isPrivate { answer["cause"] = .string(refusal.description) }
        }
        return Self.json(.object(answer), isReady ? .ok : .serviceUnavailable)
    }

    /// On the control socket; the metrics listener has `installMetrics`. A loopback peer proves nothing here: the proxy
    /// in front of the gateway is one, whoever stands behind it.
    private func measured(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard context.isLocalSocket else { throw Refusal.notFound }
        return try await text()
    }

    /// The metrics listener's whole router.
    func installMetrics(on router: Router<GatewayRequestContext>) {
        router.get("/healthz") { _, _ in Self.json(["status": "ok"]) }
        router.get("/readyz") { _, _ in try await ready(isPrivate: true) }
        router.get("/metrics") { _, _ in try await text() }
    }

    private func text() async throws -> Response {
        let page = metrics.render(with: try await gateway.metrics())
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: page)))
    }

    /// AuthZEN 1.0 §9: where the decision point is, under the tenant's public URL.
    private func authZEN(_ slug: String) throws -> AttributeValue {
        let tenant = slug == Tenant.defaultSlug ? gateway.tenants.defaultTenant : gateway.tenants.tenant(slug: slug)
        guard let tenant, !tenant.isDisabled else { throw Refusal.notFound }
        let base = gateway.tenants.publicURL(of: tenant.id)
        return [
            "policy_decision_point": .string(base),
            "access_evaluation_endpoint": .string(base + "/access/v1/evaluation"),
            "access_evaluations_endpoint": .string(base + "/access/v1/evaluations"),
            "access_request_endpoint": .string(base + AuthZENRoutes.tasksPath),
            "capabilities": ["urn:openid:authzen:capability:access-request"],
            "obligations_supported": ["step-up", "approval", "quarantine"],
        ]
    }

    private static func json(_ value: AttributeValue, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: CanonicalJSON.encode(value))))
    }
}

extension TenantFault {
    fileprivate func json(withCause: Bool) -> AttributeValue {
        withCause ? ["tenant": .string(tenant), "cause": .string(detail)] : ["tenant": .string(tenant)]
    }
}
