import Gateway
import Hummingbird
import Vocabulary

extension RouteRegistry.Gate {
    /// The gate of a running gateway: tenants by slug, callers by API key or session cookie, permissions by policy.
    public init(_ gateway: Gateway) {
        self.init(
            tenant: { slug in
                let found =
                    slug == Tenant.defaultSlug
                    ? gateway.tenants.defaultTenant ?? gateway.tenants.tenant(slug: slug)
                    : gateway.tenants.tenant(slug: slug)
                guard let tenant = found, !tenant.isDisabled else { throw Refusal.notFound }
                return tenant
            },
            principal: { request, _, tenant in try Self.principal(request, tenant, gateway) },
            authorize: { principal, action, type, tenant in
                guard try await gateway.mayManage(principal, action, type, in: tenant.id) else {
                    throw Refusal.forbidden(code: "management.not_permitted")
                }
            })
    }

    /// An API key in `Authorization`, for programs; the session cookie, for administrators' pages.
    private static func principal(_ request: Request, _ tenant: Tenant, _ gateway: Gateway) throws -> Principal? {
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
        return ValidatedCredential.session(session).principal
    }
}

extension Gateway {
    /// Whether the caller may do this to the gateway itself: scopes of the key first, then roles and policies.
    public func mayManage(
        _ principal: Principal, _ action: String, _ type: String, in tenant: TenantID
    ) async throws -> Bool {
        if let scopes = principal.scopes,
            !scopes.contains(where: { ["*", "\(type):*", "\(type):\(action)"].contains($0) })
        {
            return false
        }
        let question = DecisionQuestion(.principal(principal), action: action, resourceType: type, resourceID: "")
        let origin = DecisionOrigin(caller: principal.subject, protocol: "management")
        return try await decisions.decide(question, in: tenant, origin: origin).isPermitted
    }
}
