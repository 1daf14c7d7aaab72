import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

/// The login pages: a flow begins or goes on at `/login`, links open at `/login/link/{token}`, sessions end at
/// `/logout`; each also below `/t/{tenant}`.
func loginRoutes(
    _ router: Router<GatewayRequestContext>, gateway: Gateway, pages: PageRenderer, trusted: TrustedProxies,
    limit: SourceRateLimit
) {
    let routes = LoginRoutes(gateway: gateway, pages: pages, trusted: trusted, limit: limit)
    for prefix in ["", "/t/{tenant}"] {
        router.get("\(prefix)/login") { try await routes.open($0, $1) }
        router.post("\(prefix)/login") { try await routes.submit($0, $1) }
        routes.installUpstream(on: router, prefix: prefix)
        router.get("\(prefix)/login/link/{token}") { try await routes.offerLink($0, $1) }
        router.post("\(prefix)/login/link/{token}") { try await routes.redeemLink($0, $1) }
        router.get("\(prefix)/logout") { try await routes.confirmLogout($0, $1) }
        router.post("\(prefix)/logout") { try await routes.logout($0, $1) }
    }
    SAMLRoutes(gateway: gateway, login: routes).install(on: router)
}

struct LoginRoutes: Sendable {
    let gateway: Gateway
    let pages: PageRenderer
    let trusted: TrustedProxies
    let limit: SourceRateLimit

    func call(_ request: Request, _ context: GatewayRequestContext) throws -> BrowserCall {
        let call = try BrowserCall(request, context, gateway, trusted)
        try limit.admit(call.source, at: gateway.clock())
        return call
    }

    // MARK: Pages

    /// Begins a flow, goes on with one, or sends a browser whose session does already to where it was going.
    func open(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        if let flow = call.query["flow"].flatMap({ FlowID($0) }) {
            let result = try await goOn(flow, with: call.query["provider"], call)
            return try await answer(
                result, call, try call.cookie(.preSession), method: call.query["method"], isForm: false)
        }
        switch try await gateway.login.begin(try beginning(call), from: call.browser()) {
        case .satisfied(let session, let asked):
            return call.redirect(try await target(session, asked.application, asked.returnTarget, call))
        case .begun(let secret, let result):
            var response = try await answer(result, call, secret, isForm: false)
            response.headers.append(SetCookie(call.name(.preSession), secret).field)
            return response
        }
    }

    /// The page a flow stands at; with a provider's button pressed, the way there.
    private func goOn(_ flow: FlowID, with key: String?, _ call: BrowserCall) async throws -> LoginResult {
        guard let key else { return try await gateway.login.show(flow, from: call.browser()) }
        return try await gateway.login.submit(.provider(try provider(key, call).id), to: flow, from: call.browser())
    }

    private func beginning(_ call: BrowserCall) throws -> LoginBeginning {
        // Whoever wants to be somebody else begins without what this browser's cookie says.
        let session = call.query["as"] == "another" ? nil : try call.session()?.session
        var beginning = LoginBeginning(returnTarget: call.query["return"], session: session)
        beginning.loginHint = call.query["login_hint"]
        beginning.isPassive = call.query["passive"] == "true"
        beginning.client = call.query["client"].flatMap { gateway.clients.client($0, in: call.tenant.id)?.id }
        beginning.samlApplication = call.query["service_provider"].flatMap {
            gateway.samlApplications.application($0, in: call.tenant.id)?.id
        }
        if let name = call.query["provider"] {
            let sso = try gateway.ssoBeginning(
                provider: name, redirectURI: call.query["redirect_uri"], in: call.tenant.id, session: session)
            (beginning.provider, beginning.application) = (sso.provider, sso.application)
            beginning.returnTarget = sso.returnTarget ?? beginning.returnTarget
        }
        if let name = call.query["application"] {
            let known = gateway.applications.all(in: call.tenant.id).first { $0.settings.key == name }
            guard let known else { throw Refusal.notFound }
            beginning.application = known.id
        }
        if let acr = call.query["acr"] {
            // A strength nobody knows is not quietly taken for a weaker one.
            guard let strength = AuthenticationStrength(acr: acr) else {
                throw Refusal.badRequest(code: "login.acr", where: "This strength of authentication is not known.")
            }
            beginning.demandedStrength = max(strength, .aal1)
        }
        if let age = call.query["max_age"] {
            guard let seconds = Int64(age), seconds >= 0 else {
                throw Refusal.badRequest(code: "login.max_age", where: "max_age is a number of seconds.")
            }
            beginning.maxAgeSeconds = seconds
        }
        return beginning
    }

    // MARK: Steps

    func submit(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let secret = try call.cookie(.preSession)
        let form = try await call.form(request, purpose: LoginPresenter.formPurpose, binding: secret)
        guard let flow = form["flow"].flatMap({ FlowID($0) }) else {
            throw Refusal.badRequest(code: "login.flow", where: "The form names no login.")
        }
        if form["kept"] != nil { return try await goOn(flow, call) }
        if let repeated = form["repeated"], repeated != form["password"] {
            let result = try await gateway.login.show(flow, from: call.browser())
            return try await answer(result, call, secret, error: "The two passwords are not the same.")
        }
        let result = try await gateway.login.submit(try LoginForm.answer(form), to: flow, from: call.browser())
        return try await answer(result, call, secret, method: form["method"])
    }

    /// After the recovery codes were shown: the session exists, and the browser goes where the flow was to lead.
    private func goOn(_ flow: FlowID, _ call: BrowserCall) async throws -> Response {
        guard let session = try call.session()?.session,
            let asked = try await gateway.login.request(ofCompleted: flow, from: call.browser())
        else { return call.redirect(call.path("/login")) }
        let target = try await target(session, asked.application, asked.returnTarget, call)
        return try leave(to: target, isApplication: asked.application != nil, call, cookies: [])
    }

    // MARK: Answers

    func answer(
        _ result: LoginResult, _ call: BrowserCall, _ secret: SecretText?, error: String? = nil, method: String? = nil,
        isForm: Bool = true
    ) async throws -> Response {
        let presenter = LoginPresenter(pages: pages, call: call, binding: secret)
        switch result {
        case .show(let view):
            if let target = view.passiveTarget { return call.redirect(target) }
            return try presenter.response(view, error: error, method: method)
        case .leave(let departure):
            if isForm || departure.fields != nil { return Self.leaving(departure, pages) }
            return call.redirect(departure.address)
        case .completed(let done):
            var cookies = [SetCookie(call.name(.session), done.started.token)]
            if let device = done.device {
                cookies.append(
                    SetCookie(
                        call.name(.device), device, sameSite: .strict,
                        lifetime: gateway.configuration.login.deviceLifetime))
            }
            guard done.recoveryCodes.isEmpty else {
                var response = try presenter.recoveryCodes(done)
                for cookie in cookies { response.headers.append(cookie.field) }
                return response
            }
            let target = try await target(done.started.session, done.application, done.returnTarget, call)
            return try leave(to: target, isApplication: done.application != nil, call, cookies: cookies)
        }
    }

    /// Where a signed-in browser goes: back within the gateway, or to the application's host with a single-use code.
    private func target(
        _ session: Session, _ application: ApplicationID?, _ returnTarget: String?, _ call: BrowserCall
    ) async throws -> String {
        guard let application else { return returnTarget ?? call.path("/account") }
        guard let known = gateway.applications.application(application), let base = known.publicURL else {
            throw Refusal.notFound
        }
        let code = try await gateway.sessions.makeHandOver(
            of: session, to: application, returnTarget: returnTarget ?? base.description)
        return base.origin + "/.gatehouse/callback?code=" + code.reveal()
    }

    /// A redirect; a page that goes there by itself where the way leads to another origin, at once or by one step more.
    private func leave(
        to target: String, isApplication: Bool, _ call: BrowserCall, cookies: [SetCookie]
    ) throws -> Response {
        let isApplication = isApplication || target.hasPrefix(call.path(AuthorizeRoutes.continuePath))
        guard isApplication else { return call.redirect(target, cookies: cookies) }
        return pages.leaving(
            to: target, MessagePage(.done, "You are signed in", "You are being taken to the application."),
            cookies: cookies)
    }

    /// The page that takes a browser to another provider.
    static func leaving(_ departure: UpstreamDeparture, _ pages: PageRenderer) -> Response {
        if let fields = departure.fields {
            return pages.posting(fields.map { ($0.name, $0.value) }, to: departure.address, departure.provider)
        }
        return pages.leaving(
            to: departure.address,
            MessagePage(.plain, "Sign in at \(departure.provider)", "You are being taken to \(departure.provider)."))
    }
}

/// Reads which answer a form of the login pages is.
enum LoginForm {
    static func answer(_ form: FormBody) throws -> LoginAnswer {
        if let identifier = form["identifier"] {
            return .identifier(identifier, provider: form["provider"].flatMap { ProviderID($0) })
        }
        if let code = form.secret("code") {
            switch form["method"] {
            case "recovery_code": return .recoveryCode(code)
            case "invitation": return .invitation(invitation(code))
            default: return .oneTimeCode(code)
            }
        }
        guard let password = form.secret("password") else {
            throw Refusal.badRequest(code: "login.form", where: "The form is not one of the login pages'.")
        }
        if form["repeated"] != nil { return .newPassword(password, present: form.secret("current")) }
        return .password(login: form["username"] ?? "", password)
    }

    /// People paste the whole link.
    private static func invitation(_ text: SecretText) -> SecretText {
        let last = text.reveal().split(separator: "/").last.map(String.init) ?? ""
        return SecretText(last.trimmingSpaces())
    }
}
