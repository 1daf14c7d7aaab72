import Authorization
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Logging
import OAuth
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
            router.on("/auth/verify", method: method) { request, context in try await answer(request, context) }
            router.on("/auth/denied", method: method) { request, context in try await denied(request, context) }
        }
    }

    // MARK: Verify

    /// nginx passes on 401 and 403 and makes 500 of everything else, so whatever is wrong with a request itself is 403:
    /// its sender can know of no error of ours.
    private func answer(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        do {
            return try await verify(request, context)
        } catch {
            let failure = ErrorMapping.failure(for: error)
            guard (400..<500).contains(failure.problem.status), failure.problem.status != 429 else { throw error }
            context.refusal.code = failure.code
            return refusal(.forbidden)
        }
    }

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
        // A page fetched in the clear is another page than the one that cookies are bound to.
        guard held.isSecure == (application.publicURL?.scheme == "https") else {
            context.refusal.code = "forward_auth.scheme"
            return refusal(.forbidden, application)
        }
        if let entry = TokenEntry(gateway, application, held, request) {
            return try await verify(entry, request, context)
        }
        guard let credential = try credential(request, application) else {
            return unauthenticated(request, held, application)
        }
        if case .applicationSession(_, let session) = credential {
            switch try await gateway.verdict(on: session, trace: context.requestID) {
            case .kept: break
            case .over: return unauthenticated(request, held, application)
            case .stepUp(let demand): return unauthenticated(request, held, application, stepUp: demand)
            }
        }
        let principal = credential.principal
        guard isEnough(principal, for: application) else {
            context.refusal.code = "step_up_required"
            return unauthenticated(request, held, application, stepUp: application.requirement)
        }
        let answer = try await gateway.decisions.decide(
            question(principal, held, application), in: application.tenant,
            origin: DecisionOrigin(caller: nil, protocol: "forward_auth", request: context.requestID))
        if answer.isPermitted { return try await permitted(principal, application) }
        context.refusal.code = answer.reasons.first
        guard let demand = answer.stepUp else { return refusal(.forbidden, application) }
        return unauthenticated(request, held, application, stepUp: demand)
    }

    /// The same for somebody for whom a client asks. No refusal of a token names a place to log in: a program asked.
    private func verify(
        _ entry: TokenEntry, _ request: Request, _ context: GatewayRequestContext
    ) async throws -> Response {
        let application = entry.application
        var response: Response
        switch try await entry.read(spends: true, trace: context.requestID) {
        case .challenged(let challenge): response = challenged(challenge, entry, context)
        case .shown(let access):
            let answer = try await gateway.decisions.decide(
                entry.question(access), in: application.tenant,
                origin: DecisionOrigin(caller: nil, protocol: "forward_auth", request: context.requestID))
            if answer.isPermitted, let person = try await gateway.describe(access.principal) {
                response = Response(status: .ok, headers: entry.headers(person, access))
            } else if let demand = answer.stepUp {
                response = challenged(Challenge(demand), entry, context)
            } else {
                context.refusal.code = answer.reasons.first
                response = refusal(.forbidden, application)
            }
        }
        try response.addNonce(to: request, of: application.tenant, gateway)
        return response
    }

    private func challenged(
        _ challenge: Challenge, _ entry: TokenEntry, _ context: GatewayRequestContext
    ) -> Response {
        context.refusal.code = challenge.error.map { "forward_auth.\($0.code.rawValue)" }
        context.logger.info("access token refused", metadata: ["detail": "\(challenge.error?.description ?? "")"])
        var response = refusal(challenge.proxiedStatus, entry.application)
        response.headers[.wwwAuthenticate] = challenge.header(of: entry.resource)
        return response
    }

    /// The application's own session, from its own cookie on its own host.
    private func credential(
        _ request: Request, _ application: ProtectedApplication
    ) throws -> ValidatedCredential? {
        let name = CookieName.name(.application, tenant: application.settings.sessionCookie)
        guard let cookie = try CookieHeader(request.headers).secret(name),
            case .success(let credential) = gateway.sessions.validate(
                applicationSession: cookie.reveal(), for: application.id)
        else { return nil }
        return credential
    }

    /// Whether the login is as strong and as recent as the application asks for by now.
    private func isEnough(_ principal: Principal, for application: ProtectedApplication) -> Bool {
        application.requirement.isMet(by: RequestAuthentication(of: principal), now: gateway.clock())
    }

    /// What is decided, and what a deny is explained of: one and the same question.
    private func question(
        _ principal: Principal, _ held: ForwardedRequest, _ application: ProtectedApplication
    ) -> DecisionQuestion {
        application.question(principal, held.method, held.uri.path, from: held.client)
    }

    private func permitted(_ principal: Principal, _ application: ProtectedApplication) async throws -> Response {
        guard let person = try await gateway.describe(principal) else { return refusal(.forbidden, application) }
        return Response(status: .ok, headers: IdentityHeaders(person, names: application.settings.headers).fields)
    }

    /// 401: with the place to log in for a browser, which the proxy turns into a redirect, and with a challenge for
    /// programs. `stepUp` asks somebody who is signed in for more (RFC 9470 §3). The place is on the application's own
    /// host: the login has to begin in the browser that it ends in.
    private func unauthenticated(
        _ request: Request, _ held: ForwardedRequest, _ application: ProtectedApplication,
        stepUp: AuthenticationRequirement? = nil
    ) -> Response {
        var response = refusal(.unauthorized, application)
        response.headers[.wwwAuthenticate] = challenge(held, application, stepUp)
        guard Self.isNavigation(request) else { return response }
        let origin = application.publicURL?.origin ?? ""
        let target = origin + held.uri.path + (held.uri.query.map { "?\($0)" } ?? "")
        var location = origin + HandOverRoutes.startPath + "?return=" + ASCII.percentEncode(target)
        location += stepUp?.query ?? ""
        response.headers[.location] = location
        return response
    }

    private func challenge(
        _ held: ForwardedRequest, _ application: ProtectedApplication, _ stepUp: AuthenticationRequirement?
    ) -> String {
        if let resource = application.settings.resource, let challenge = application.challenge(held, stepUp: stepUp) {
            return challenge.header(of: resource)
        }
        let challenge = stepUp.map { BearerChallenge.insufficientAuthentication($0) } ?? .missing
        return challenge.header(realm: application.settings.key)
    }

    /// Whether a person is looking: a browser that opens a page. A program gets its plain 401, and so does a script of a
    /// page, which could not follow a redirect to another origin anyway.
    private static func isNavigation(_ request: Request) -> Bool {
        if let mode = HTTPField.Name("Sec-Fetch-Mode").flatMap({ request.headers[$0] }) { return mode == "navigate" }
        return request.headers[.accept]?.contains("text/html") ?? false
    }

    /// No identity of anybody goes with a refusal: the headers are there, and empty.
    private func refusal(_ status: HTTPResponse.Status, _ application: ProtectedApplication? = nil) -> Response {
        let names = application?.settings.headers ?? ApplicationConfiguration.Headers()
        var headers = IdentityHeaders(nil, names: names).fields
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers)
    }

    // MARK: The explained deny

    private func denied(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        guard let held = try? ForwardedRequest(headers: request.headers, peer: context.peer, trusted: trusted),
            let application = gateway.applications.application(host: held.host)
        else { throw Refusal.forbidden(code: "forward_auth.denied") }
        if application.settings.forwardAuth, let entry = TokenEntry(gateway, application, held, request) {
            return try await denied(entry, context)
        }
        guard let principal = try? credential(request, application)?.principal, isEnough(principal, for: application)
        else { throw Refusal.forbidden(code: "forward_auth.denied") }
        let trace = try await gateway.explanations.explain(
            question(principal, held, application), in: application.tenant)
        var page = MessagePage.denied(
            "You may not open this",
            "You are signed in as \(trace.login). \(application.settings.name) asked whether you may open this page, and the answer was no.",
            trace)
        page.facts = [("Page", held.uri.path), ("Signed in as", trace.login)]
        if trace.isRequestable, gateway.offers(.approvalWorkflows) {
            page.links.append(
                MessagePage.Link(
                    "Request access", AccessRequestRoutes.link(to: held, of: application, gateway)))
        }
        // The application's own sign-out, because its session is the one that was refused.
        page.links += [
            MessagePage.Link(
                "Your account", gateway.tenants.publicURL(of: application.tenant) + "/account", isQuiet: true),
            MessagePage.Link("Sign in as somebody else", "/.gatehouse/logout", isQuiet: true),
        ]
        return pages.response(page, status: .forbidden)
    }

    /// To a program, as RFC 9457 has it; a scope that is missing as RFC 6750 §3 has it. The proof of possession was used up
    /// when the request was judged, and is only read again.
    private func denied(_ entry: TokenEntry, _ context: GatewayRequestContext) async throws -> Response {
        let access: TokenAccess
        switch try await entry.read(spends: false, trace: context.requestID) {
        case .challenged(let challenge):
            context.refusal.code = challenge.error.map { "forward_auth.\($0.code.rawValue)" }
            var response = Self.told(challenge.error?.code.rawValue, challenge.error?.description)
            response.headers[.wwwAuthenticate] = challenge.header(of: entry.resource)
            return response
        case .shown(let shown): access = shown
        }
        let trace = try await gateway.explanations.explain(entry.question(access), in: entry.application.tenant)
        let why = trace.sentences.joined(separator: " ")
        return Self.told(
            trace.reasons.first, "\(entry.application.settings.name) asked whether \(trace.login) may do this. \(why)")
    }

    private static func told(_ code: String?, _ detail: String?) -> Response {
        var response = Problem(status: 403, code: code, detail: detail).response()
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
