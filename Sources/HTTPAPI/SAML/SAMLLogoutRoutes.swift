import Gateway
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import SAML
import Vocabulary

/// Single logout (SAML Profiles §4.4), in both roles: what browsers bring at `/saml/slo`, what comes by SOAP at
/// `/saml/soap/logout`; each tenant's at the root or below `/t/{tenant}`.
struct SAMLLogoutRoutes: Sendable {
    static let nextPath = "/saml/slo/next"
    private static let purpose = "saml.logout"

    let login: LoginRoutes
    private var gateway: Gateway { login.gateway }

    func install(on router: Router<GatewayRequestContext>, prefix: String) {
        router.get("\(prefix)/saml/slo") { try await arrive($0, $1) }
        router.post("\(prefix)/saml/slo") { try await arrivePosted($0, $1) }
        router.get("\(prefix)\(Self.nextPath)") { try await goOn($0, $1) }
        router.post("\(prefix)\(Self.nextPath)") { try await skip($0, $1) }
        router.post("\(prefix)/saml/soap/logout") { try await arriveBehind($0, $1) }
    }

    // MARK: By the browser

    private func arrive(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        return try await take(call) { () throws(MessageFault) in try ArrivedMessage(query: request.uri.query ?? "") }
    }

    /// Another site's form brings no cookies of ours along: what it may do, its signature says.
    private func arrivePosted(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let fields = try await SAMLRoutes.fields(request)
        return try await take(call) { () throws(MessageFault) in try ArrivedMessage(fields: fields) }
    }

    private func call(_ request: Request, _ context: GatewayRequestContext) throws -> BrowserCall {
        let call = try BrowserCall(request, context, gateway, login.trusted, readsQuery: false)
        try login.limit.admit(call.source, at: gateway.clock())
        return call
    }

    private func take(
        _ call: BrowserCall, _ reading: () throws(MessageFault) -> ArrivedMessage
    ) async throws -> Response {
        let arrived: ArrivedMessage
        do { arrived = try reading() } catch { return try await refused(RefusedMessage(.logout, error), call) }
        // Before the session ends that the cookie is of.
        let own = try call.session()?.session.id
        let turn: LogoutTurn?
        do {
            turn = try await gateway.samlLogout.take(arrived, in: call.tenant.id, trace: call.trace)
        } catch let fault as Fault where fault.culprit == .caller {
            if fault.code == "saml.no_key" { throw Refusal.notFound }
            return try await refused(Self.message(fault), call)
        }
        guard let turn else { return call.redirect(call.path(Self.nextPath)) }
        var response = try answer(turn, call)
        if let own, turn.ended.contains(own) { response.headers.append(SetCookie.removing(call.name(.session)).field) }
        return response
    }

    /// Nobody's session ended: whoever sent the message has to hear why.
    private func refused(_ message: RefusedMessage, _ call: BrowserCall) async throws -> Response {
        try await gateway.note(message, from: call.browser())
        var page = MessagePage(
            .refused, "Nobody was signed out",
            "The message that brought you here is not one that is believed. You can sign out yourself.")
        page.facts = [("Error", message.code), ("What is wrong", message.detail)]
        page.links = [MessagePage.Link("Sign out", call.path("/logout"))]
        return login.pages.response(page, status: .badRequest)
    }

    private static func message(_ fault: Fault) -> RefusedMessage {
        RefusedMessage(.logout, code: fault.code, detail: fault.description)
    }

    /// The browser is back from a peer, or was somewhere else and comes again.
    private func goOn(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        return try answer(try await gateway.samlLogout.next(try call.cookie(.logout), in: call.tenant.id), call)
    }

    /// Somebody will not wait for a peer any more.
    private func skip(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let secret = try call.cookie(.logout)
        _ = try await call.form(request, purpose: Self.purpose, binding: secret)
        return try answer(try await gateway.samlLogout.next(secret, in: call.tenant.id, skips: true), call)
    }

    // MARK: Answers

    /// What a browser that signs out is shown, or where it goes: by pages that go on by themselves, so that no browser counts
    /// the peers as redirections.
    func answer(_ turn: LogoutTurn, _ call: BrowserCall) throws -> Response {
        var response = try page(turn.stop, call)
        if let secret = turn.secret {
            response.headers.append(SetCookie(call.name(.logout), secret, lifetime: .minutes(10)).field)
        } else if turn.isOver {
            response.headers.append(SetCookie.removing(call.name(.logout)).field)
        }
        return response
    }

    private func page(_ stop: LogoutStop, _ call: BrowserCall) throws -> Response {
        switch stop {
        case .elsewhere(let address, nil, let name):
            return login.pages.leaving(
                to: address, MessagePage(.done, "You are signed out here", "You are being taken to \(name)."))
        case .elsewhere(let address, let fields?, let name):
            return login.pages.posting(fields.map { ($0.name, $0.value) }, to: address, name)
        case .waiting(let name): return login.pages.response(try waiting(for: name, call))
        case .over(let untold, let redirect):
            var page = MessagePage.loggedOut(loginPath: call.path("/login"))
            page.reasons = untold.map { "\($0) did not confirm it: you may still be signed in there." }
            guard let redirect else { return login.pages.response(page) }
            // What somebody has to know is not passed over in a moment.
            guard untold.isEmpty else {
                page.links = [MessagePage.Link("Go on", redirect)]
                return login.pages.response(page)
            }
            return login.pages.leaving(
                to: redirect, MessagePage(.done, "You are signed out here", "You are being taken on."))
        }
    }

    private func waiting(for name: String, _ call: BrowserCall) throws -> MessagePage {
        var page = MessagePage(
            .plain, "You are signed out here", "\(name) has not confirmed yet that you are signed out there too.")
        guard let secret = try call.cookie(.logout) else { return page }
        let frame = FormFrame(action: call.path(Self.nextPath), csrf: try call.token(Self.purpose, secret))
        page.form = MessagePage.Form(frame, button: "Go on without it")
        return page
    }

    // MARK: By SOAP

    private func arriveBehind(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try call(request, context)
        let bytes = try await SAMLRoutes.envelope(request)
        do {
            let answer = try await gateway.samlLogout.take(envelope: bytes, in: call.tenant.id, trace: call.trace)
            guard let answer else { return Response(status: .noContent, headers: [.cacheControl: "no-store"]) }
            return Self.envelope(answer, .ok)
        } catch let fault as Fault where fault.culprit == .caller {
            if fault.code == "saml.no_key" { throw Refusal.notFound }
            // SAML Bindings §3.2.3.3: what is not a request of the protocol's is answered by SOAP's own fault.
            context.refusal.blame(peerFor: fault.code)
            try await gateway.note(Self.message(fault), from: call.browser())
            let bytes = try XMLWriter.bytes(of: SOAPEnvelope.fault(.client, fault.code))
            return Self.envelope(bytes, .internalServerError)
        }
    }

    private static func envelope(_ bytes: [UInt8], _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: SOAPEnvelope.mediaType + "; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
