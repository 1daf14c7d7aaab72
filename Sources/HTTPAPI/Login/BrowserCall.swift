import Gateway
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import Vocabulary

/// A browser's request, resolved: whose URL space it is in, where it comes from, and which secrets it holds.
struct BrowserCall: Sendable {
    let gateway: Gateway
    let tenant: Tenant
    /// In front of every path of this tenant.
    let prefix: String
    /// The tenant's public origin from configuration, never from `Host`.
    let origin: String
    let headers: HTTPFields
    let query: [String: String]
    let cookies: CookieHeader
    let source: IPAddress?
    let trace: String

    /// - Parameter readsQuery: off where somebody else reads it, by rules of its own.
    /// - Throws: `Refusal.notFound` for an unknown or disabled tenant, `.badRequest` for a malformed query or cookies.
    init(
        _ request: Request, _ context: GatewayRequestContext, _ gateway: Gateway, _ trusted: TrustedProxies,
        readsQuery: Bool = true
    ) throws {
        let slug = context.parameters.get("tenant")
        guard let tenant = slug.map({ gateway.tenants.tenant(slug: $0) }) ?? gateway.tenants.defaultTenant,
            !tenant.isDisabled
        else { throw Refusal.notFound }
        let base = PublicURL(gateway.tenants.publicURL(of: tenant.id))
        self.gateway = gateway
        self.tenant = tenant
        prefix = base?.path ?? ""
        origin = base?.origin ?? ""
        headers = request.headers
        query = readsQuery ? try RouteDispatch.query(request.uri.query) : [:]
        cookies = try CookieHeader(request.headers)
        source = Self.source(request.headers, context.peer, trusted)
        trace = context.requestID
    }

    func cookie(_ purpose: CookieName.Purpose) throws -> SecretText? { try cookies.secret(name(purpose)) }
    func name(_ purpose: CookieName.Purpose) -> String { CookieName.name(purpose, tenant: tenant.slug) }
    func path(_ path: String) -> String { prefix + path }

    /// The live session of the browser's own cookie; nil without one that is.
    func session() throws -> (session: Session, secret: SecretText)? {
        guard let secret = try cookie(.session),
            case .success(let session) = gateway.sessions.validate(session: secret.reveal(), in: tenant.id)
        else { return nil }
        return (session, secret)
    }

    func browser(_ preSession: SecretText? = nil) throws -> LoginBrowser {
        LoginBrowser(
            tenant: tenant.id, preSession: try preSession ?? cookie(.preSession), device: try cookie(.device),
            source: source, trace: trace)
    }

    /// On whose behalf a signed-in person's own commands run.
    func caller(_ session: Session) -> Caller {
        Caller(
            tenant: tenant.id, actor: .person(session.person),
            principal: ValidatedCredential.session(session).principal,
            command: CommandID.random(at: gateway.clock()), trace: trace)
    }

    // MARK: Forms

    static let formLimit = 16_384

    /// The form of a post, proven to come from a page of ours in this very browser.
    ///
    /// - Parameter limit: bytes of the form at most.
    /// - Throws: `Refusal.forbidden` of `csrf.*`, `.bodyTooLarge`, `.unsupportedMediaType`.
    func form(
        _ request: Request, purpose: String, binding: SecretText?, limit: Int = BrowserCall.formLimit
    ) async throws -> FormBody {
        try OriginCheck.require(headers, origin: origin)
        let type = headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type == "application/x-www-form-urlencoded" else {
            throw Refusal.unsupportedMediaType(expected: "application/x-www-form-urlencoded")
        }
        let form: FormBody
        do {
            let buffer = try await request.body.collect(upTo: limit)
            form = try FormBody(Array(buffer.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: limit)
        }
        try FormToken.verify(form["csrf"], binding: binding, purpose: purpose, mac: mac)
        return form
    }

    func token(_ purpose: String, _ binding: SecretText) throws -> String {
        try FormToken.make(binding: binding, purpose: purpose, mac: mac)
    }

    var mac: MACFunction {
        { [gateway, tenant] in try gateway.requestBinding($0, in: tenant.id) }
    }

    func redirect(_ location: String, cookies: [SetCookie] = []) -> Response {
        var response = Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
        for cookie in cookies { response.headers.append(cookie.field) }
        return response
    }

    // A trusted proxy's word counts from the right; what stands further left was written by whoever liked to.
    static func source(_ headers: HTTPFields, _ peer: IPAddress?, _ trusted: TrustedProxies) -> IPAddress? {
        guard trusted.contains(peer), let name = HTTPField.Name("X-Forwarded-For") else { return peer }
        let hops = headers[values: name].flatMap { $0.split(separator: ",").suffix(32) }
        for hop in hops.reversed() {
            guard let address = IPAddress(hop.trimmingSpaces()) else { return peer }
            if !trusted.contains(address) { return address }
        }
        return peer
    }
}
