import Gateway
import Hummingbird
import Identity
import Vocabulary

/// A browser that a client sent here, with the secret that what waits is bound to.
struct AuthorizationVisit: Sendable {
    let call: BrowserCall
    let session: (session: Session, secret: SecretText)?
    let browser: AuthorizationBrowser
    /// A secret that the browser is still to be given where something waits for it.
    let fresh: SecretText?

    /// - Parameter readsQuery: off where parameters of the protocol stand there, which has rules of its own.
    init(
        _ request: Request, _ context: GatewayRequestContext, _ account: AccountRoutes, readsQuery: Bool
    ) throws {
        let gateway = account.gateway
        call = try BrowserCall(request, context, gateway, account.trusted, readsQuery: readsQuery)
        try account.limit.admit(call.source, at: gateway.clock())
        let held = try call.cookie(.preSession).flatMap {
            BearerToken(text: $0.reveal(), kind: .preSession) == nil ? nil : $0
        }
        fresh = held == nil ? try gateway.makePreSession() : nil
        session = try call.session()
        browser = AuthorizationBrowser(
            tenant: call.tenant.id, preSession: held ?? fresh, session: session?.session, trace: call.trace)
    }
}
