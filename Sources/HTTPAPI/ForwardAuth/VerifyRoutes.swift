import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// Forward-auth: a reverse proxy asks `/auth/verify` before every request to an application, and shows `/auth/denied`
/// to a person who was refused.
struct VerifyRoutes: Sendable {
    let gateway: Gateway
    let pages: PageRenderer
    let trusted: TrustedProxies

    func install(on router: Router<GatewayRequestContext>) {
        // nginx asks with the method of the request it holds; the original one is in a header.
        for method in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete] {
            router.on("/auth/verify", method: method) { request, context in try await verify(request, context) }
            router.on("/auth/denied", method: method) { request, context in try await denied(request, context) }
        }
        router.get("/.gatehouse/callback") { request, context in try await callback(request, context) }
        router.get("/.gatehouse/logout") { request, context in try await logout(request, context) }
    }

    // MARK: Verify

    private func verify(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let held: ForwardedRequest
        do {
            held = try ForwardedRequest(headers: request.headers, peer: context.peer, trusted: trusted)
        } catch {
            context.refusal.code = error.code
            return refusal(.forbidden)
        }
        guard let application = gateway.applications.application(host: held.host), application.settings.forwardAuth
        else {
            context.refusal.code = "forward_auth.unknown_host"
            return refusal(.forbidden)
        }
        guard let principal = try principal(request, application) else {
            return unauthenticated(request, held, application)
        }
        let answer = try await decide(principal, held, application, context)
        if answer.isPermitted { return try await permitted(principal, application) }
        context.refusal.code = answer.reasons.first
        if answer.reasons.contains("step_up_required") {
            return unauthenticated(request, held, application, stepUp: true)
        }
        return refusal(.forbidden)
    }

    /// The application's own session, from its own cookie on its own host.
    private func principal(_ request: Request, _ application: ProtectedApplication) throws -> Principal? {
        let name = CookieName.name(.application, tenant: application.settings.sessionCookie)
        guard let cookie = try CookieHeader(request.headers).secret(name),
            case .success(let credential) = gateway.sessions.validate(
                applicationSession: cookie.reveal(), for: application.id)
        else { return nil }
        return credential.principal
    }

    private func decide(
        _ principal: Principal, _ held: ForwardedRequest, _ application: ProtectedApplication,
        _ context: GatewayRequestContext
    ) async throws -> DecisionAnswer {
        let settings = application.settings
        let origin = DecisionOrigin(caller: nil, protocol: "forward_auth", request: context.requestID)
        var question = DecisionQuestion(
            .principal(principal), action: settings.actions[held.method] ?? held.method.lowercased(),
            resourceType: settings.resourceType, resourceID: held.uri.path)
        question.context = [
            "application": .string(settings.key), "method": .string(held.method),
            "client": .string(held.client.description),
        ]
        return try await gateway.decisions.decide(question, in: application.tenant, origin: origin)
    }

    private func permitted(_ principal: Principal, _ application: ProtectedApplication) async throws -> Response {
        guard let person = try await gateway.describe(principal) else { return refusal(.forbidden) }
        var headers = HTTPFields()
        let names = application.settings.headers
        for (name, value) in [
            (names.user, IdentityHeaders.sanitized(person.login)),
            (names.name, IdentityHeaders.sanitized(person.displayName ?? "")),
            (names.mail, IdentityHeaders.sanitized(person.mail ?? "")),
            (names.roles, IdentityHeaders.list(person.roles)),
        ] {
            if let field = HTTPField.Name(name) { headers[field] = value }
        }
        return Response(status: .ok, headers: headers)
    }

    /// 401 with the place to log in, which the proxy turns into a redirect for browsers and hands on to programs.
    private func unauthenticated(
        _ request: Request, _ held: ForwardedRequest, _ application: ProtectedApplication, stepUp: Bool = false
    ) -> Response {
        var response = refusal(.unauthorized)
        let target = (application.publicURL?.origin ?? "") + held.uri.path + (held.uri.query.map { "?\($0)" } ?? "")
        var location =
            gateway.tenants.publicURL(of: application.tenant) + "/login?application="
            + ASCII.percentEncode(application.settings.key) + "&return=" + ASCII.percentEncode(target)
        if stepUp { location += "&acr=" + ASCII.percentEncode(AuthenticationStrength.aal2.acr) }
        response.headers[.location] = location
        response.headers[.wwwAuthenticate] = "Gatehouse realm=\"\(application.settings.key)\""
        return response
    }

    /// No identity of anybody goes with a refusal: the headers are there, and empty.
    private func refusal(_ status: HTTPResponse.Status) -> Response {
        let names = ApplicationConfiguration.Headers()
        var headers: HTTPFields = [.cacheControl: "no-store"]
        for name in [names.user, names.name, names.mail, names.roles] {
            if let field = HTTPField.Name(name) { headers[field] = "" }
        }
        return Response(status: status, headers: headers)
    }

    // MARK: The explained deny

    private func denied(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard let held = try? ForwardedRequest(headers: request.headers, peer: context.peer, trusted: trusted),
            let application = gateway.applications.application(host: held.host),
            let principal = try principal(request, application)
        else { throw Refusal.forbidden(code: "forward_auth.denied") }
        let question = DecisionQuestion(
            .principal(principal), action: application.settings.actions[held.method] ?? held.method.lowercased(),
            resourceType: application.settings.resourceType, resourceID: held.uri.path)
        let trace = try await gateway.explanations.explain(question, in: application.tenant)
        var page = MessagePage(
            .refused, "You may not open this",
            "You are signed in as \(trace.login). \(application.settings.name) asked whether you may open this page, and the answer was no."
        )
        page.reasons = trace.sentences
        page.missing = trace.missing
        page.facts = [("Page", held.uri.path), ("Signed in as", trace.login)]
        return pages.response(page, status: .forbidden)
    }

    // MARK: On the application's host

    /// Redeems the single-use code that the login ended with, and sets the application's own cookie.
    private func callback(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let application = try application(request, context)
        guard let code = try RouteDispatch.query(request.uri.query)["code"],
            let redeemed = try await gateway.sessions.redeemHandOver(
                code, for: application.id, in: application.tenant, trace: context.requestID),
            application.accepts(returnTarget: redeemed.returnTarget)
        else { throw Refusal.forbidden(code: "hand_over.refused") }
        var response = Response(
            status: .seeOther, headers: [.location: redeemed.returnTarget, .cacheControl: "no-store"])
        let name = CookieName.name(.application, tenant: application.settings.sessionCookie)
        response.headers.append(SetCookie(name, redeemed.token).field)
        return response
    }

    private func logout(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let application = try application(request, context)
        let target = gateway.tenants.publicURL(of: application.tenant) + "/logout"
        var response = Response(status: .seeOther, headers: [.location: target, .cacheControl: "no-store"])
        response.headers.append(
            SetCookie.removing(CookieName.name(.application, tenant: application.settings.sessionCookie)).field)
        return response
    }

    private func application(_ request: Request, _ context: GatewayRequestContext) throws -> ProtectedApplication {
        guard trusted.contains(context.peer),
            let host = request.headers[HTTPField.Name("X-Forwarded-Host")!].flatMap(ForwardedRequest.hostName),
            let application = gateway.applications.application(host: host)
        else { throw Refusal.notFound }
        return application
    }
}
