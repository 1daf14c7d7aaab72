import Gateway
import HTTPTypes
import Hummingbird
import Vocabulary

/// The gateway on an application's own host: a login begins here, its single-use code is redeemed here, and the
/// application's session ends here.
///
/// Beginning sets a cookie, and the code is worth a session only in the browser that holds it. Otherwise somebody could
/// send a code of their own, and have others work, and leave their data, in the sender's account (login CSRF).
struct HandOverRoutes: Sendable {
    static let startPath = "/.gatehouse/start"
    /// Where logins begun here return to. It exists only inside return targets; nobody is ever sent to it.
    static let endPath = "/.gatehouse/end"
    static let bindingLifetime: Duration = .hours(1)
    /// Bytes of a target that is worth returning to; past it people begin at the application's front page.
    static let targetLimit = 1_024

    let gateway: Gateway
    let trusted: TrustedProxies

    func install(on router: Router<GatewayRequestContext>) {
        router.get(RouterPath(Self.startPath)) { request, context in try await start(request, context) }
        router.get("/.gatehouse/callback") { request, context in try await callback(request, context) }
        router.get("/.gatehouse/logout") { request, context in try await logout(request, context) }
    }

    private func start(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let (application, base) = try application(request, context)
        let query = try RouteDispatch.query(request.uri.query)
        let wanted = query["return"] ?? base.origin
        let isFit = wanted.utf8.count <= Self.targetLimit && application.accepts(returnTarget: wanted)
        let secret = try binding(request, application) ?? Self.fresh()
        let end =
            base.origin + Self.endPath + "?binding=" + (try token(secret, application))
            + "&return=" + ASCII.percentEncode(isFit ? wanted : base.origin + "/")
        var location =
            gateway.tenants.publicURL(of: application.tenant) + "/login?application="
            + ASCII.percentEncode(application.settings.key) + "&return=" + ASCII.percentEncode(end)
        for name in ["acr", "max_age"] {
            if let value = query[name] { location += "&\(name)=" + ASCII.percentEncode(value) }
        }
        var response = Self.redirect(location)
        response.headers.append(
            SetCookie(cookieName(.start, application), secret, lifetime: Self.bindingLifetime).field)
        return response
    }

    /// Redeems the single-use code that the login ended with, and sets the application's own cookie.
    private func callback(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let (application, base) = try application(request, context)
        let secret = try binding(request, application)
        let prefix = base.origin + Self.endPath + "?"
        guard let code = try RouteDispatch.query(request.uri.query)["code"],
            let redeemed = try await gateway.sessions.redeemHandOver(
                code, for: application.id, in: application.tenant, trace: context.requestID,
                isOwn: { isOwn($0, prefix, secret, application) })
        else { throw Refusal.forbidden(code: "hand_over.refused") }
        guard let token = redeemed.token else {
            // A login begun at the gateway itself: it is asked for again from here, which costs a redirect.
            if !redeemed.returnTarget.hasPrefix(prefix), application.accepts(returnTarget: redeemed.returnTarget) {
                return Self.redirect(redeemed.returnTarget)
            }
            throw Refusal.forbidden(code: "hand_over.other_browser")
        }
        let query = try RouteDispatch.query(String(redeemed.returnTarget.dropFirst(prefix.count)))
        guard let target = query["return"], application.accepts(returnTarget: target) else {
            throw Refusal.forbidden(code: "hand_over.refused")
        }
        var response = Self.redirect(target)
        response.headers.append(SetCookie(cookieName(.application, application), token).field)
        return response
    }

    /// Ends the application's session, unless another site sent the browser here, and goes on to the gateway, which asks
    /// about everything else.
    private func logout(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let (application, _) = try application(request, context)
        var response = Self.redirect(gateway.tenants.publicURL(of: application.tenant) + "/logout")
        // Fetch Metadata §2.2: pages cannot set it.
        if let site = HTTPField.Name("Sec-Fetch-Site"), request.headers[site] == "cross-site" { return response }
        let name = cookieName(.application, application)
        if let cookie = try CookieHeader(request.headers).secret(name) {
            _ = try await gateway.sessions.end(
                applicationSession: cookie.reveal(), for: application.id, trace: context.requestID)
        }
        response.headers.append(SetCookie.removing(name).field)
        return response
    }

    // MARK: The binding

    private func binding(_ request: Request, _ application: ProtectedApplication) throws -> SecretText? {
        let secret = try CookieHeader(request.headers).secret(cookieName(.start, application))
        return secret.flatMap { $0.reveal().utf8.count == 43 ? $0 : nil }
    }

    private static func fresh() -> SecretText {
        var generator = SystemRandomNumberGenerator()
        let words: [UInt64] = (0..<4).map { _ in generator.next() }
        return SecretText(Base64.encode(words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }, .url))
    }

    private func token(_ secret: SecretText, _ application: ProtectedApplication) throws -> String {
        try FormToken.make(binding: secret, purpose: Self.purpose(application), mac: mac(application))
    }

    private func isOwn(
        _ returnTarget: String, _ prefix: String, _ secret: SecretText?, _ application: ProtectedApplication
    ) -> Bool {
        guard returnTarget.hasPrefix(prefix),
            let query = try? RouteDispatch.query(String(returnTarget.dropFirst(prefix.count)))
        else { return false }
        do {
            try FormToken.verify(
                query["binding"], binding: secret, purpose: Self.purpose(application), mac: mac(application))
            return true
        } catch { return false }
    }

    private static func purpose(_ application: ProtectedApplication) -> String { "hand_over.\(application.id)" }

    private func mac(_ application: ProtectedApplication) -> MACFunction {
        { [gateway] in try gateway.requestBinding($0, in: application.tenant) }
    }

    // MARK: The application

    private func cookieName(_ purpose: CookieName.Purpose, _ application: ProtectedApplication) -> String {
        CookieName.name(purpose, tenant: application.settings.sessionCookie)
    }

    private static func redirect(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }

    private func application(
        _ request: Request, _ context: GatewayRequestContext
    ) throws -> (ProtectedApplication, PublicURL) {
        guard trusted.contains(context.peer),
            let host = request.headers[HTTPField.Name("X-Forwarded-Host")!].flatMap(ForwardedRequest.hostName),
            let application = gateway.applications.application(host: host), let base = application.publicURL
        else { throw Refusal.notFound }
        return (application, base)
    }
}
