import Gateway
import HTTPTypes
import Hummingbird
import Identity
import SAML
import Vocabulary

/// Answers that nobody asked for. Where somebody is signed in, a click comes before another one is.
extension SAMLRoutes {
    private static let formPurpose = "saml-unsolicited"

    /// Keeps an answer of a provider that may begin, and has the browser come back for it with its cookies; nil where no
    /// provider may, or it is none of theirs.
    func keepUnsolicited(
        _ text: String, _ relayState: RelayState?, _ call: BrowserCall
    ) async throws -> Response? {
        let kept = try await gateway.login.keepUnsolicited(text, relayState: relayState, in: call.tenant.id)
        return kept.map { call.redirect(call.path("/saml/unsolicited?answer=\(ASCII.percentEncode($0))")) }
    }

    func offerUnsolicited(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let handle = call.query["answer"] ?? ""
        guard let (_, secret) = try call.session() else { return try await begin(handle, call) }
        guard let name = try await gateway.login.providerName(ofUnsolicited: handle, in: call.tenant.id) else {
            throw Self.nothingWaits
        }
        var page = MessagePage(
            .plain, "Sign in with \(name)?",
            "\(name) has sent you here to sign in. Somebody is signed in here already, and would be signed out in this browser. "
                + "Go on only if you have just come from \(name).")
        let action = call.path("/saml/unsolicited?answer=\(ASCII.percentEncode(handle))")
        page.form = MessagePage.Form(
            FormFrame(action: action, csrf: try call.token(Self.formPurpose + handle, secret)),
            button: "Sign in with \(name)")
        page.links = [MessagePage.Link("Stay signed in", call.path("/account"), isQuiet: true)]
        return login.pages.response(page)
    }

    func takeUnsolicited(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let handle = call.query["answer"] ?? ""
        guard let (_, secret) = try call.session() else { throw Self.nothingWaits }
        _ = try await call.form(request, purpose: Self.formPurpose + handle, binding: secret)
        return try await begin(handle, call)
    }

    private func begin(_ handle: String, _ call: BrowserCall) async throws -> Response {
        let gateway = gateway
        let tenant = call.tenant.id
        let started = try await gateway.login.beginUnsolicited(handle, from: call.browser()) {
            try gateway.ssoBeginning(provider: $0, redirectURI: $1, in: tenant, session: nil)
        }
        guard case .begun(let secret, let result)? = started else { throw Self.nothingWaits }
        var response = try await login.answer(result, call, secret)
        response.headers.append(SetCookie(call.name(.preSession), secret).field)
        return response
    }

    private static let nothingWaits = Refusal.badRequest(
        code: "saml.unsolicited", where: "No answer waits here: it was used, or took too long. Begin again.")
}
