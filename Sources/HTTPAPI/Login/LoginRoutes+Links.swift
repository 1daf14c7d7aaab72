import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Vocabulary

extension LoginRoutes {
    private static let purpose = "login.link"

    /// Shows what a link is for, and a button. Only the button uses it up: mail scanners open links too.
    func offerLink(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let text = context.parameters.get("token") ?? ""
        guard let offer = try await gateway.login.offer(link: text, to: call.browser()) else {
            return try refusedLink()
        }
        var page = MessagePage(.plain, Self.heading(offer.purpose), "This link works once. Go on when you are ready.")
        let frame = FormFrame(
            action: call.path("/login/link/\(text)"), csrf: try call.token(Self.purpose, offer.secret),
            flow: offer.flow.description)
        page.form = MessagePage.Form(frame, button: "Go on")
        var response = pages.response(page)
        response.headers.append(SetCookie(call.name(.preSession), offer.secret).field)
        return response
    }

    func redeemLink(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let secret = try call.cookie(.preSession)
        let form = try await call.form(request, purpose: Self.purpose, binding: secret)
        guard let flow = form["flow"].flatMap({ FlowID($0) }), let text = context.parameters.get("token") else {
            throw Refusal.badRequest(code: "login.flow", where: "The form names no login.")
        }
        let result = try await gateway.login.redeem(link: text, in: flow, from: call.browser())
        return try await answer(result, call, secret)
    }

    private func refusedLink() throws -> Response {
        pages.response(
            MessagePage(.refused, "This link does not open anything", LoginWording.sentence(.linkRefused)),
            status: .gone)
    }

    private static func heading(_ purpose: LinkPurpose) -> String {
        switch purpose {
        case .setup: "Set up the first administrator"
        case .invitation: "You are invited"
        case .passwordReset: "Choose a new password"
        }
    }
}

// MARK: Logout

extension LoginRoutes {
    static let logoutPurpose = "logout"

    func confirmLogout(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        guard let (_, secret) = try call.session() else {
            return pages.response(MessagePage.loggedOut(loginPath: call.path("/login")))
        }
        var page = MessagePage(
            .plain, "Sign out?", "This ends your session here and in the applications it opened.")
        let frame = FormFrame(action: call.path("/logout"), csrf: try call.token(Self.logoutPurpose, secret))
        page.form = MessagePage.Form(frame, button: "Sign out")
        return pages.response(page)
    }

    /// Ends the session in the journal first, then forgets the cookie; whoever else knows the session is told by the browser.
    func logout(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        var response = pages.response(MessagePage.loggedOut(loginPath: call.path("/login")))
        if let (session, secret) = try call.session() {
            _ = try await call.form(request, purpose: Self.logoutPurpose, binding: secret)
            _ = try await gateway.sessions.end(session.id, .logout, by: call.caller(session))
            let elsewhere = try await gateway.login.upstreamLogoutAddress(
                of: session, returnTo: call.origin + call.path("/logout"))
            let turn = try await gateway.samlLogout.depart(from: session, then: elsewhere)
            response = try SAMLLogoutRoutes(login: self).answer(turn, call)
        }
        response.headers.append(SetCookie.removing(call.name(.session)).field)
        return response
    }
}
