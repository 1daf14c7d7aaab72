import Gateway
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Vocabulary

/// Everything the gateway answers over HTTP, assembled once. The same router stands behind the TCP listener and the
/// control socket.
public struct GatewayRouter: Sendable {
    public let gateway: Gateway
    public let metrics: MetricsRegistry
    public let registry: RouteRegistry
    private let pages: PageRenderer
    // One budget at every listener.
    private let failedCalls: SourceRateLimit

    /// - Throws: `http.route` when two routes collide, and what the page templates throw.
    public init(gateway: Gateway, metrics: MetricsRegistry = MetricsRegistry()) throws {
        self.gateway = gateway
        self.metrics = metrics
        failedCalls = SourceRateLimit(perMinute: gateway.configuration.limits.failedCallsPerSource)
        pages = try PageRenderer(site: gateway.configuration.tenants.first?.name ?? "Gatehouse")
        registry = try RouteRegistry(Self.routes(gateway), schemas: APISchemas.all)
    }

    private static func routes(_ gateway: Gateway) throws -> [Route] {
        let mac = gateway.requestMAC
        let directory =
            PeopleRoutes(gateway: gateway, mac: mac).routes + ImportRoutes(gateway: gateway).routes
            + SessionRoutes(gateway: gateway, mac: mac).routes + GroupRoutes(gateway: gateway, mac: mac).routes
            + OrganizationRoutes(gateway: gateway, mac: mac).routes
        let access =
            RoleRoutes(gateway: gateway, mac: mac).routes + GrantRoutes(gateway: gateway, mac: mac).routes
            + PolicyRoutes(gateway: gateway, mac: mac).routes + DecisionRoutes(gateway: gateway, mac: mac).routes
            + AuthZENRoutes(gateway: gateway).routes + GovernanceRoutes(gateway: gateway, mac: mac).routes
            + GovernedRuleRoutes(gateway: gateway).routes + PolicyTemplateRoutes(gateway: gateway).routes
            + PolicyActionRoutes(gateway: gateway).routes
        let governance =
            EntitlementRoutes(gateway: gateway, mac: mac).routes + AssignmentRoutes(gateway: gateway, mac: mac).routes
            + DutyRoutes(gateway: gateway, mac: mac).routes + RiskRoutes(gateway: gateway, mac: mac).routes
            + ApprovalRoutes(gateway: gateway, mac: mac).routes + ComplianceRoutes(gateway: gateway, mac: mac).routes
            + CampaignRoutes(gateway: gateway, mac: mac).routes
            + BirthrightRoutes(gateway: gateway, mac: mac).routes
            + ReconciliationRoutes(gateway: gateway, mac: mac).routes
        let system =
            ServiceAccountRoutes(gateway: gateway, mac: mac).routes + CredentialRoutes(gateway: gateway).routes
            + KeyRoutes(gateway: gateway, mac: mac).routes
            + ProviderRoutes(gateway: gateway, mac: mac).routes + SyncRoutes(gateway: gateway, mac: mac).routes
            + SystemRoutes(gateway: gateway, mac: mac).routes
            + PopulationRoutes(gateway: gateway, mac: mac).routes
            + ClientRoutes(gateway: gateway, mac: mac).routes
            + SignalStreamRoutes(gateway: gateway, mac: mac).routes
            + SAMLApplicationRoutes(gateway: gateway, mac: mac).routes
            + NATSRoutes(gateway: gateway, mac: mac).routes + NATSHandingRoutes(gateway: gateway).routes
            + NATSMessagingRoutes(gateway: gateway).routes
        let all = directory + access + governance + system
        return all + [PolicyLintRoute(gateway: gateway, beside: all).route]
            + WorkbenchRoutes(gateway: gateway, mac: mac, beside: all).routes
    }

    /// The responder with all middleware, outermost first.
    public func responder() throws -> some HTTPResponder<GatewayRequestContext> {
        let trusted = try TrustedProxies(gateway.configuration.server.trustedProxies.map(\.description))
        let router = outer(trusted)
        if let form = gateway.configuration.oauth.mutualTLS?.header, let header = ForwardedCertificate(form) {
            router.add(middleware: ForwardedCertificateMiddleware(header: header, trusted: trusted))
        }
        let gate = RouteRegistry.Gate(gateway)
        registry.install(on: router, gate: gate, bodyLimit: gateway.configuration.limits.bodyBytes)
        IntrospectionRoute(gateway: gateway, gate: gate).install(on: router)
        OAuthRoutes(gateway: gateway, gate: gate).install(on: router)
        UserInfoRoute(gateway: gateway, gate: gate).install(on: router)
        SignalRoutes(gateway: gateway, gate: gate).install(on: router)
        ResourceMetadataRoute(gateway: gateway, gate: gate, trusted: trusted).install(on: router)
        VerifyRoutes(gateway: gateway, pages: pages, trusted: trusted).install(on: router)
        HandOverRoutes(gateway: gateway, trusted: trusted).install(on: router)
        // One budget for all pages of people: a second table would be a second budget.
        let limit = SourceRateLimit(perMinute: gateway.configuration.limits.requestsPerSource)
        RegistrationRoutes(gateway: gateway, gate: gate, trusted: trusted, limit: limit).install(on: router)
        loginRoutes(router, gateway: gateway, pages: pages, trusted: trusted, limit: limit)
        let account = accountRoutes(router, gateway: gateway, pages: pages, trusted: trusted, limit: limit)
        AuthorizeRoutes(account: account).install(on: router)
        SignOnRoutes(account: account).install(on: router)
        EndSessionRoutes(account: account).install(on: router)
        DeviceRoutes(account: account).install(on: router)
        AdminConsole(account: account).install(on: router)
        if gateway.offers(.approvalWorkflows) {
            AccessRequestRoutes(account: account).install(on: router)
            OutsideRoutes(gateway: gateway, pages: pages, trusted: trusted, limit: limit).install(on: router)
            ApprovalCallbackRoute(gateway: gateway).install(on: router)
        }
        OperationsRoutes(gateway: gateway, metrics: metrics, registry: registry, pages: pages).install(on: router)
        return router.buildResponder()
    }

    /// What the listener answers that asks for certificates: the endpoints of clients, and no page of people. A browser has
    /// nothing to do there, and would ask for a certificate.
    public func certificateResponder() throws -> some HTTPResponder<GatewayRequestContext> {
        let router = outer(try TrustedProxies(gateway.configuration.server.trustedProxies.map(\.description)))
        router.add(middleware: PeerCertificateMiddleware())
        let gate = RouteRegistry.Gate(gateway)
        IntrospectionRoute(gateway: gateway, gate: gate).install(on: router)
        OAuthRoutes(gateway: gateway, gate: gate).install(on: router)
        UserInfoRoute(gateway: gateway, gate: gate).install(on: router)
        return router.buildResponder()
    }

    /// A router with what stands before every route, outermost first.
    private func outer(_ trusted: TrustedProxies) -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        let isSecure = gateway.configuration.server.publicURL.scheme == "https"
        router.add(middleware: RequestIDMiddleware())
        router.add(middleware: AccessLogMiddleware())
        router.add(middleware: MetricsMiddleware(metrics))
        router.add(middleware: SecurityHeadersMiddleware(isSecure: isSecure))
        router.add(middleware: ErrorMiddleware(present: present))
        router.add(middleware: TargetLimitMiddleware(limit: gateway.configuration.limits.uriBytes))
        router.add(middleware: InFlightLimitMiddleware(limit: HTTPLimits().requestsInFlight))
        router.add(middleware: ControlPeerMiddleware())
        router.add(
            middleware: FailedCallerMiddleware(limit: failedCalls, trusted: trusted, clock: gateway.clock))
        return router
    }

    /// What the metrics listener answers: metrics, health and readiness, and nothing else.
    public func metricsResponder() -> some HTTPResponder<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        router.add(middleware: RequestIDMiddleware())
        router.add(middleware: ErrorMiddleware())
        OperationsRoutes(gateway: gateway, metrics: metrics, registry: registry, pages: pages)
            .installMetrics(on: router)
        return router.buildResponder()
    }

    /// Browsers get a page, programs problem+json.
    private func present(_ problem: Problem, _ request: Request, _ context: GatewayRequestContext) -> Response? {
        guard request.headers[.accept]?.contains("text/html") == true, !request.uri.path.hasPrefix("/api/") else {
            return nil
        }
        let status = HTTPResponse.Status(code: problem.status)
        return pages.response(MessagePage.problem(problem, requestID: context.requestID), status: status)
    }
}

extension Gateway {
    /// Keyed digests over cursors and form tokens, under the default tenant's key.
    public var requestMAC: MACFunction {
        { [self] message in
            guard let tenant = tenants.defaultTenant else { throw Refusal.notFound }
            return try requestBinding(message, in: tenant.id)
        }
    }
}
