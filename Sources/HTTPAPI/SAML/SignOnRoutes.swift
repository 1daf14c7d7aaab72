import Gateway
import HTTPTypes
import Hummingbird
import Identity
import SAML
import Vocabulary

/// The identity provider's addresses (SAML Profiles §4.1): `/saml/sso` for requests of applications, and below it what goes
/// on with one once somebody has signed in, or begins without one.
struct SignOnRoutes: Sendable {
    private static let path = "/saml/sso"

    let account: AccountRoutes
    private var gateway: Gateway { account.gateway }
    private var pages: PageRenderer { account.pages }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)\(Self.path)") { try await redirected($0, $1) }
            router.post("\(prefix)\(Self.path)") { try await posted($0, $1) }
            router.get("\(prefix)\(Self.path)/continue") { try await resume($0, $1) }
            router.get("\(prefix)\(Self.path)/decline") { try await decline($0, $1) }
            router.get("\(prefix)\(Self.path)/start") { try await start($0, $1) }
        }
    }

    // MARK: Requests

    /// SAML Bindings §3.4. The query is read as it came: a signature is over its octets.
    private func redirected(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: false)
        let message: ArrivedMessage
        do { message = try ArrivedMessage(query: request.uri.query ?? "") } catch {
            return try await refusal(error, visit.call)
        }
        return try await respond(try await gateway.signOn.begin(message, from: visit.browser), visit)
    }

    /// SAML Bindings §3.5.
    private func posted(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: false)
        let fields = try await SAMLRoutes.fields(request)
        let message: ArrivedMessage
        do { message = try ArrivedMessage(fields: fields) } catch { return try await refusal(error, visit.call) }
        return try await respond(try await gateway.signOn.begin(message, from: visit.browser), visit)
    }

    private func resume(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let answer = try await gateway.signOn.resume(visit.call.query["request"] ?? "", from: visit.browser)
        return try await respond(answer, visit)
    }

    private func decline(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let answer = try await gateway.signOn.decline(visit.call.query["request"] ?? "", from: visit.browser)
        return try await respond(answer, visit)
    }

    /// Somebody goes to an application that did not send them (SAML Profiles §4.1.5).
    private func start(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let answer = try await gateway.signOn.start(
            visit.call.query["application"] ?? "", target: visit.call.query["target"], from: visit.browser)
        return try await respond(answer, visit)
    }

    // MARK: Answers

    private func respond(_ answer: SignOnAnswer, _ visit: AuthorizationVisit) async throws -> Response {
        var response = try await self.response(answer, visit)
        if let fresh = visit.fresh {
            response.headers.append(SetCookie(visit.call.name(.preSession), fresh).field)
        }
        return response
    }

    private func response(_ answer: SignOnAnswer, _ visit: AuthorizationVisit) async throws -> Response {
        switch answer {
        case .refuse(let fault): return try await refusal(fault, visit.call)
        case .send(.form(let address, let fields)):
            return pages.posting(fields.map { ($0.name, $0.value) }, to: address, AuthorizeRoutes.host(of: address))
        case .send(.address(let address)): return visit.call.redirect(address)
        case .send(.envelope): throw Refusal.notFound
        case .goOn(let handle): return visit.call.redirect(continuation("continue", handle, visit.call))
        case .authenticate(let demand): return visit.call.redirect(login(demand, visit.call))
        case .barred(let entry): return try await page(barred: entry, visit)
        }
    }

    private func continuation(_ step: String, _ handle: SecretText, _ call: BrowserCall) -> String {
        call.path("\(Self.path)/\(step)") + "?request=" + handle.reveal()
    }

    private func login(_ demand: SignOnDemand, _ call: BrowserCall) -> String {
        let target = continuation("continue", demand.handle, call)
        var location = call.path("/login?return=") + ASCII.percentEncode(target)
        location += "&service_provider=" + ASCII.percentEncode(demand.application.entityID)
        if let strength = demand.strength { location += "&acr=" + ASCII.percentEncode(strength.acr) }
        if let age = demand.maxAge { location += "&max_age=\(age)" }
        if demand.isPassive { location += "&passive=true" }
        return location + (demand.provider.map { "&provider=" + ASCII.percentEncode($0) } ?? "")
    }

    /// Nobody is redirected, so that whoever sent the browser reads here what to mend.
    private func refusal(_ fault: MessageFault, _ call: BrowserCall) async throws -> Response {
        try await gateway.note(RefusedMessage(.authnRequest, fault), from: call.browser())
        let page = MessagePage.refused(
            "This request cannot be used",
            "The application that sent you here asked in a way that is not accepted. Its operator can mend it with what stands below.",
            fault)
        return pages.response(page, status: .badRequest)
    }

    /// The explained refusal; whoever has read it goes back to the application, which is told too.
    private func page(barred entry: BarredSignOn, _ visit: AuthorizationVisit) async throws -> Response {
        let trace = try await gateway.explanations.explain(entry.question, in: visit.call.tenant.id)
        var page = MessagePage.barred(entry.application.title, trace)
        page.links = [
            MessagePage.Link("Back to the application", continuation("decline", entry.handle, visit.call)),
            MessagePage.Link("Your account", visit.call.path("/account"), isQuiet: true),
        ]
        return pages.response(page, status: .forbidden)
    }
}
