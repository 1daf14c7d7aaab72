import Gateway
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import OAuth
import Vocabulary

/// The authorization endpoint, and what people are asked on the way: `/oauth2/authorize`, and below it the pages that
/// go on with a request once somebody has signed in, chosen an account or agreed.
struct AuthorizeRoutes: Sendable {
    /// Where a login comes back to.
    static let continuePath = "/oauth2/continue"
    private static let consentPurpose = "oauth.consent"
    private static let accountPurpose = "oauth.account"

    let account: AccountRoutes
    private var gateway: Gateway { account.gateway }
    private var pages: PageRenderer { account.pages }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)/oauth2/authorize") { try await begin($0, $1) }
            router.post("\(prefix)/oauth2/authorize") { try await begin($0, $1) }
            router.get("\(prefix)\(Self.continuePath)") { try await resume($0, $1) }
            router.post("\(prefix)/oauth2/consent") { try await decide($0, $1) }
            router.post("\(prefix)/oauth2/account") { try await select($0, $1) }
        }
    }

    // MARK: Requests

    private func begin(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: false)
        let isPosted = request.method == .post
        let parameters: OAuth.Parameters
        do {
            parameters = try isPosted ? await Self.posted(request) : Self.queried(request)
        } catch let error as OAuthError {
            return refusal(error)
        }
        let answer = try await gateway.authorizations.begin(parameters, isPosted: isPosted, from: visit.browser)
        return try await respond(answer, visit, afterForm: false)
    }

    static func queried(_ request: Request) throws -> OAuth.Parameters {
        do {
            return try OAuth.Parameters(reading: Array((request.uri.query ?? "").utf8), limits: .query)
        } catch { throw error.error }
    }

    /// OpenID Connect Core §3.1.2.1 has it by POST too; it may come from any site.
    static func posted(_ request: Request) async throws -> OAuth.Parameters {
        guard request.headers[.contentType].map(MediaType.essence) == "application/x-www-form-urlencoded" else {
            throw OAuthError(.invalidRequest, "the body has to be application/x-www-form-urlencoded")
        }
        guard let body = try? await request.body.collect(upTo: OAuth.Parameters.Limits.body.bytes) else {
            throw OAuthError(.invalidRequest, "the request is too long")
        }
        do {
            return try OAuth.Parameters(reading: Array(body.readableBytesView), limits: .body)
        } catch { throw error.error }
    }

    private func resume(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let answer = try await gateway.authorizations.resume(visit.call.query["request"] ?? "", from: visit.browser)
        return try await respond(answer, visit, afterForm: false)
    }

    private func decide(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let form = try await visit.call.form(
            request, purpose: Self.consentPurpose, binding: visit.session?.secret, limit: BrowserCall.formLimit)
        let answer = try await gateway.authorizations.decide(
            form["request"] ?? "", isAllowed: form["decision"] == "allow", from: visit.browser)
        return try await respond(answer, visit, afterForm: true)
    }

    private func select(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: true)
        let form = try await visit.call.form(request, purpose: Self.accountPurpose, binding: visit.session?.secret)
        let answer = try await gateway.authorizations.select(form["request"] ?? "", from: visit.browser)
        return try await respond(answer, visit, afterForm: true)
    }

    // MARK: Answers

    private func respond(_ answer: AuthorizationAnswer, _ visit: AuthorizationVisit, afterForm: Bool) async throws
        -> Response
    {
        var response = try await self.response(answer, visit, afterForm: afterForm)
        if let fresh = visit.fresh {
            response.headers.append(SetCookie(visit.call.name(.preSession), fresh).field)
        }
        return response
    }

    private func response(
        _ answer: AuthorizationAnswer, _ visit: AuthorizationVisit, afterForm: Bool
    ) async throws -> Response {
        switch answer {
        case .refuse(let error): return refusal(error)
        case .respond(let response): return deliver(response, visit, afterForm: afterForm)
        case .goOn(let handle): return visit.call.redirect(Self.continuation(handle, visit.call))
        case .authenticate(let demand): return visit.call.redirect(Self.login(demand, visit.call))
        case .selectAccount(let question): return try await page(select: question, visit)
        case .consent(let question): return try await page(consent: question, visit)
        case .barred(let entry): return try await page(barred: entry, visit)
        }
    }

    private func deliver(_ response: AuthorizationResponse, _ visit: AuthorizationVisit, afterForm: Bool) -> Response {
        let target = response.target.redirectURI
        switch response.target.mode {
        case .formPost:
            return pages.posting(
                response.fields.map { ($0.name, $0.value) }, to: target, Self.host(of: target))
        case .query where afterForm:
            return pages.leaving(
                to: response.location,
                MessagePage(.plain, "Going on", "You are being taken back to \(Self.host(of: target))."))
        case .query: return visit.call.redirect(response.location)
        }
    }

    /// Nobody is redirected, so that whoever sent the browser reads here what to mend.
    private func refusal(_ error: OAuthError) -> Response {
        let page = MessagePage.refused(
            "This request cannot be used",
            "The application that sent you here asked in a way that is not accepted. Its operator can mend it with what stands below.",
            error)
        return pages.response(page, status: .badRequest)
    }

    private static func continuation(_ handle: SecretText, _ call: BrowserCall) -> String {
        call.path(continuePath) + "?request=" + handle.reveal()
    }

    private static func login(_ demand: SignInDemand, _ call: BrowserCall) -> String {
        var location = call.path("/login?return=") + ASCII.percentEncode(continuation(demand.handle, call))
        location += "&client=" + ASCII.percentEncode(demand.client.name)
        if let strength = demand.strength { location += "&acr=" + ASCII.percentEncode(strength.acr) }
        if let age = demand.maxAge { location += "&max_age=\(age)" }
        if let hint = demand.loginHint { location += "&login_hint=" + ASCII.percentEncode(hint) }
        return location + (demand.isForAnother ? "&as=another" : "")
    }

    // MARK: Pages

    private func name(of person: PersonID, _ visit: AuthorizationVisit) async throws -> String {
        let known = try await gateway.people.person(person, in: visit.call.tenant.id)
        return known.displayName ?? known.login
    }

    private func frame(_ path: String, _ purpose: String, _ visit: AuthorizationVisit) throws -> FormFrame {
        guard let secret = visit.session?.secret else { throw Refusal.forbidden(code: "csrf.missing") }
        return FormFrame(action: visit.call.path(path), csrf: try visit.call.token(purpose, secret))
    }

    private func page(consent question: AuthorizationQuestion, _ visit: AuthorizationVisit) async throws -> Response {
        let about = question.client.metadata.about
        var page = ConsentPage(
            frame: try frame("/oauth2/consent", Self.consentPurpose, visit), handle: question.handle.reveal(),
            client: question.client.title, person: try await name(of: question.person, visit),
            items: ConsentWords(scopes: gateway.configuration.oauth.scopes).items(
                all: question.all, new: question.new),
            host: Self.host(of: question.redirectURI))
        page.policyURI = about.policyURI
        page.termsURI = about.termsURI
        return pages.response(page)
    }

    private func page(select question: AuthorizationQuestion, _ visit: AuthorizationVisit) async throws -> Response {
        let another = SignInDemand(
            handle: question.handle, client: question.client, strength: nil, isForAnother: true)
        return pages.response(
            SelectAccountPage(
                frame: try frame("/oauth2/account", Self.accountPurpose, visit), handle: question.handle.reveal(),
                client: question.client.title, person: try await name(of: question.person, visit),
                otherPath: Self.login(another, visit.call)))
    }

    /// The explained refusal; whoever has read it goes back to the application, which is told too.
    private func page(barred entry: BarredEntry, _ visit: AuthorizationVisit) async throws -> Response {
        let trace = try await gateway.explanations.explain(entry.question, in: visit.call.tenant.id)
        var page = MessagePage.barred(entry.client.title, trace)
        // What is told by form needs no link: the application asks again.
        if entry.response.target.mode == .query {
            page.links.append(MessagePage.Link("Back to the application", entry.response.location))
        }
        page.links.append(MessagePage.Link("Your account", visit.call.path("/account"), isQuiet: true))
        return pages.response(page, status: .forbidden)
    }

    /// Where a redirection URI leads, in words.
    static func host(of uri: String) -> String {
        guard let address = WebAddress(uri) else { return "the application" }
        return address.host ?? "the application"
    }

    /// As a source expression of a Content Security Policy.
    static func origin(of uri: String) -> String {
        guard let address = WebAddress(uri) else { return "'none'" }
        guard let host = address.host else { return address.scheme + ":" }
        return address.scheme + "://" + host + (address.port.map { ":\($0)" } ?? "")
    }
}
