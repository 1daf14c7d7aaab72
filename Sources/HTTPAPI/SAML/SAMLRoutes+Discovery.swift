import Gateway
import HTTPTypes
import Hummingbird
import Identity
import SAML
import Vocabulary

/// Choosing an identity provider elsewhere (Identity Provider Discovery Service Protocol and Profile). A login of this browser's
/// is carried there and back by its id, so that whoever wanted a page gets there; what is chosen begins a sign-in and proves
/// nothing.
extension SAMLRoutes {
    func discover(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        guard let flow = call.query["flow"].flatMap({ FlowID($0) }),
            let address = gateway.saml.discoveryAddress(of: call.tenant.id, flow: flow)
        else { throw Refusal.notFound }
        return call.redirect(address)
    }

    func discovered(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let call = try login.call(request, context)
        let known = await gateway.login.samlProviders(in: call.tenant.id)
        let answer = Discovery.read(query: request.uri.query ?? "") { name in known.contains { $0.entityID == name } }
        let flow = call.query["flow"].flatMap { FlowID($0) }
        switch answer {
        case .refused:
            throw Refusal.badRequest(
                code: "saml.discovery",
                where: "The identity provider that was chosen is not one that people sign in at here.")
        case .none: return call.redirect(call.path(flow.map { "/login?flow=\($0)" } ?? "/login"))
        case .chosen(let name):
            guard let provider = known.first(where: { $0.entityID == name }) else { throw Refusal.notFound }
            // Without a login of its own the choice begins one.
            guard let flow else { return call.redirect(call.path("/login?provider=\(provider.key)")) }
            let result = try await gateway.login.submit(.provider(provider.provider), to: flow, from: call.browser())
            return try await login.answer(result, call, try call.cookie(.preSession), isForm: false)
        }
    }
}
