import Authorization
import Gateway
import Hummingbird
import Identity
import Vocabulary

extension RouteRegistry.Gate {
    /// The gate of a running gateway: tenants by slug, callers by API key or session cookie, permissions by policy.
    public init(_ gateway: Gateway) {
        let budget = MinuteBudget<Subject>(perMinute: gateway.configuration.limits.callsPerCaller)
        self.init(
            tenant: { slug in
                let found =
                    slug == Tenant.defaultSlug
                    ? gateway.tenants.defaultTenant ?? gateway.tenants.tenant(slug: slug)
                    : gateway.tenants.tenant(slug: slug)
                guard let tenant = found, !tenant.isDisabled else { throw Refusal.notFound }
                return tenant
            },
            principal: { request, _, tenant in try await Self.principal(request, tenant, gateway) },
            authorize: { principal, action, type, tenant in
                switch try await gateway.management(of: principal, action, type, in: tenant.id) {
                case .permitted: return
                case .refused: throw Refusal.forbidden(code: "management.not_permitted")
                case .stepUp(let demand):
                    throw Refusal.insufficientAuthentication(
                        challenge: BearerChallenge.insufficientAuthentication(demand).header)
                }
            },
            once: { try await RepeatedCommand(ledger: gateway.commands).run($0) },
            admit: { route, principal in
                if let principal { try budget.admit(principal.subject, at: gateway.clock()) }
                if let capability = route.capability, !gateway.offers(capability) { throw capability.refusal }
            })
    }

    /// An API key in `Authorization`, for programs; the session cookie, for administrators' pages.
    private static func principal(
        _ request: Request, _ tenant: Tenant, _ gateway: Gateway
    ) async throws -> Principal? {
        if let header = request.headers[.authorization] {
            guard case .bearer(let token) = try AuthorizationHeader(header),
                case .success(let credential) = gateway.sessions.validate(apiKey: token.reveal())
            else { throw Refusal.unauthenticated(challenge: BearerChallenge.invalidToken.header) }
            return credential.principal
        }
        // A cookie is sent along by browsers on requests that other sites make; only safe methods accept it here.
        guard request.method == .get || request.method == .head else { return nil }
        let name = CookieName.name(.session, tenant: tenant.slug)
        guard let cookie = try CookieHeader(request.headers).secret(name),
            case .success(let session) = gateway.sessions.validate(session: cookie.reveal(), in: tenant.id)
        else { return nil }
        switch try await gateway.verdict(on: session) {
        case .kept: return ValidatedCredential.session(session).principal
        case .over: return nil
        case .stepUp(let demand):
            throw Refusal.insufficientAuthentication(
                challenge: BearerChallenge.insufficientAuthentication(demand).header)
        }
    }
}
