import Gateway
import HTTPTypes
import Hummingbird
import Identity
import OAuth
import Vocabulary

/// `/oauth2/logout`: a client asks to sign somebody out (OpenID Connect RP-Initiated Logout 1.0 §2).
struct EndSessionRoutes: Sendable {
    private static let path = "/oauth2/logout"
    private static let purpose = "oauth.logout"

    let account: AccountRoutes
    private var gateway: Gateway { account.gateway }
    private var pages: PageRenderer { account.pages }

    func install(on router: Router<GatewayRequestContext>) {
        for prefix in ["", "/t/{tenant}"] {
            router.get("\(prefix)\(Self.path)") { try await ask($0, $1) }
            router.post("\(prefix)\(Self.path)") { try await ask($0, $1) }
            router.post("\(prefix)\(Self.path)/confirm") { try await confirm($0, $1) }
        }
    }

    private func ask(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: false)
        let parameters: OAuth.Parameters
        do { parameters = try await Self.parameters(request) } catch let error as OAuthError {
            return refusal(error, visit)
        }
        // A form of another site brings no cookies along: whose session it is, the same by GET tells.
        if request.method == .post, visit.session == nil, request.uri.query == nil {
            return visit.call.redirect(visit.call.path(Self.path) + "?" + parameters.encoded)
        }
        switch try await gateway.signOut.judge(parameters, from: visit.browser) {
        case .refuse(let error): return refusal(error, visit)
        case .signOut(let redirect): return try await end(visit, redirect, afterForm: request.method == .post)
        case .confirm(let client, let redirect):
            guard visit.session != nil else { return try await end(visit, redirect, afterForm: false) }
            return try question(client, parameters, visit)
        }
    }

    private static func parameters(_ request: Request) async throws -> OAuth.Parameters {
        try await request.method == .post ? AuthorizeRoutes.posted(request) : AuthorizeRoutes.queried(request)
    }

    /// Somebody has to say yes: anybody can send somebody here (§6).
    private func question(_ client: OAuthClient?, _ parameters: OAuth.Parameters, _ visit: AuthorizationVisit) throws
        -> Response
    {
        let name = client.map { "\($0.title) asks to sign you out. " } ?? ""
        var page = MessagePage(
            .plain, "Sign out?", name + "This ends your session here and in the applications it opened.")
        guard let secret = visit.session?.secret else { throw Refusal.forbidden(code: "csrf.missing") }
        // What was asked travels along, and is judged anew: nothing of it is believed for having been in our page.
        let frame = FormFrame(
            action: visit.call.path(Self.path) + "/confirm?" + parameters.encoded,
            csrf: try visit.call.token(Self.purpose, secret))
        page.form = MessagePage.Form(frame, button: "Sign out")
        page.links = [MessagePage.Link("Stay signed in", visit.call.path("/account"), isQuiet: true)]
        return pages.response(page)
    }

    private func confirm(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let visit = try AuthorizationVisit(request, context, account, readsQuery: false)
        if let secret = visit.session?.secret {
            _ = try await visit.call.form(request, purpose: Self.purpose, binding: secret)
        }
        let parameters: OAuth.Parameters
        do {
            parameters = try AuthorizeRoutes.queried(request)
        } catch let error as OAuthError {
            return refusal(error, visit)
        }
        switch try await gateway.signOut.judge(parameters, from: visit.browser) {
        case .refuse(let error): return refusal(error, visit)
        case .signOut(let redirect), .confirm(_, let redirect): return try await end(visit, redirect, afterForm: true)
        }
    }

    /// Ends the session in the journal first, then forgets the cookie, then goes on.
    private func end(_ visit: AuthorizationVisit, _ redirect: String?, afterForm: Bool) async throws -> Response {
        let cookie = SetCookie.removing(visit.call.name(.session))
        if let session = visit.session?.session {
            _ = try await gateway.sessions.end(session.id, .logout, by: visit.call.caller(session))
            let turn = try await gateway.samlLogout.depart(from: session, then: redirect)
            // Others know the session, and are told by this browser before it goes on.
            if !turn.isOver || turn.leavesSomebodyUntold {
                let login = LoginRoutes(
                    gateway: gateway, pages: pages, trusted: account.trusted, limit: account.limit)
                var response = try SAMLLogoutRoutes(login: login).answer(turn, visit.call)
                response.headers.append(cookie.field)
                return response
            }
        }
        guard let redirect else {
            var response = pages.response(MessagePage.loggedOut(loginPath: visit.call.path("/login")))
            response.headers.append(cookie.field)
            return response
        }
        guard afterForm else { return visit.call.redirect(redirect, cookies: [cookie]) }
        return pages.leaving(
            to: redirect, MessagePage(.done, "You are signed out", "You are being taken back to the application."),
            cookies: [cookie])
    }

    private func refusal(_ error: OAuthError, _ visit: AuthorizationVisit) -> Response {
        var page = MessagePage.refused(
            "Nobody was signed out",
            "The application that sent you here asked in a way that is not accepted. You can sign out yourself.",
            error)
        page.links = [MessagePage.Link("Sign out", visit.call.path("/logout"))]
        return pages.response(page, status: .badRequest)
    }
}
