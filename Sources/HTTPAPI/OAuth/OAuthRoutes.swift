import Gateway
import HTTPTypes
import Hummingbird
import JOSE
import Logging
import NIOCore
import OAuth
import Vocabulary

/// The endpoints that programs use of the authorization server: discovery, keys, tokens, revocation. Each tenant is an
/// issuer of its own, at the root or below `/t/{tenant}`.
struct OAuthRoutes: Sendable {
    let gateway: Gateway
    let gate: RouteRegistry.Gate

    func install(on router: Router<GatewayRequestContext>) {
        // OpenID Connect Discovery §4 appends it to the issuer.
        router.get("/.well-known/openid-configuration") { _, context in try await discovery(context) }
        router.get("/t/{tenant}/.well-known/openid-configuration") { _, context in try await discovery(context) }
        // RFC 8414 §3.1 inserts the well-known part between host and path.
        router.get("/.well-known/oauth-authorization-server") { _, context in try await discovery(context) }
        router.get("/.well-known/oauth-authorization-server/t/{tenant}") { _, context in
            try await discovery(context)
        }
        for prefix in ["", "/t/{tenant}"] {
            router.get(RouterPath(prefix + "/oauth2/jwks")) { _, context in try await keys(context) }
            // Pages of applications call these themselves; no cookie counts here, so any origin may.
            for name in ["token", "userinfo", "revoke", "par"] {
                router.on(RouterPath(prefix + "/oauth2/" + name), method: .options) { _, _ in
                    Response(status: .noContent, headers: CrossOrigin.preflight)
                }
            }
            router.post(RouterPath(prefix + "/oauth2/token")) { request, context in
                try await OAuthExchange(gateway, gate, request, context).answer { call in
                    (.ok, try await gateway.tokens.token(call))
                }
            }
            router.post(RouterPath(prefix + "/oauth2/par")) { request, context in
                try await OAuthExchange(gateway, gate, request, context).answer { call in
                    (.created, try await gateway.tokens.push(call))
                }
            }
            router.post(RouterPath(prefix + "/oauth2/device_authorization")) { request, context in
                try await OAuthExchange(gateway, gate, request, context).answer { call in
                    (.ok, try await gateway.devices.begin(call))
                }
            }
            router.post(RouterPath(prefix + "/oauth2/revoke")) { request, context in
                try await OAuthExchange(gateway, gate, request, context).answer { call in
                    try await gateway.tokens.revoke(call)
                    return (.ok, nil)
                }
            }
        }
    }

    private func tenant(_ context: GatewayRequestContext) async throws -> Tenant {
        try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
    }

    private func discovery(_ context: GatewayRequestContext) async throws -> Response {
        Self.cached(gateway.discoveryDocument(of: try await tenant(context).id), "application/json")
    }

    private func keys(_ context: GatewayRequestContext) async throws -> Response {
        let document = try await gateway.tokenKeys.document(of: try await tenant(context).id)
        return Self.cached(document, "application/jwk-set+json")
    }

    /// Both documents may be kept for a few minutes: a key is published a day before it signs.
    private static func cached(_ document: [UInt8], _ type: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "public, max-age=300", .accessControlAllowOrigin: "*",
            ], body: .init(byteBuffer: ByteBuffer(bytes: document)))
    }
}

/// One request to an endpoint that clients authenticate at, and its answer in the words of RFC 6749 §5.
struct OAuthExchange: Sendable {
    let gateway: Gateway
    let gate: RouteRegistry.Gate
    let request: Request
    let context: GatewayRequestContext

    init(
        _ gateway: Gateway, _ gate: RouteRegistry.Gate, _ request: Request, _ context: GatewayRequestContext
    ) {
        (self.gateway, self.gate, self.request, self.context) = (gateway, gate, request, context)
    }

    typealias Answer = (status: HTTPResponse.Status, body: JSONObject?)

    /// Reads the request and sends what `work` answers; what it refuses with becomes an error answer.
    func answer(_ work: (OAuthCall) async throws -> Answer) async throws -> Response {
        var response: Response
        do {
            let answer = try await work(try await call())
            response = Self.response(answer.status, answer.body)
        } catch let error as OAuthError {
            response = refusal(error)
        }
        guard request.headers.contains(.dpop) else { return response }
        let tenant = try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
        try response.addNonce(to: request, of: tenant.id, gateway)
        return response
    }

    /// What of the request the endpoints go by.
    func call() async throws -> OAuthCall {
        let tenant = try await gate.tenant(context.parameters.get("tenant") ?? Tenant.defaultSlug)
        let type = request.headers[.contentType].map(MediaType.essence)
        guard type == "application/x-www-form-urlencoded" else {
            throw OAuthError(.invalidRequest, "the body has to be application/x-www-form-urlencoded")
        }
        // A query is no place for what stands here: it would be in logs (RFC 6749 §2.3.1).
        guard request.uri.query == nil else { throw OAuthError(.invalidRequest, "the query has to be empty") }
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: OAuth.Parameters.Limits.body.bytes) } catch {
            throw OAuthError(.invalidRequest, "the request is too long")
        }
        let parameters: OAuth.Parameters
        do { parameters = try OAuth.Parameters(reading: Array(body.readableBytesView), limits: .body) } catch {
            throw error.error
        }
        return OAuthCall(
            tenant: tenant.id, parameters: parameters, authorization: request.headers[values: .authorization],
            proofs: request.proofs, address: gateway.tenants.publicURL(of: tenant.id) + context.endpoint,
            trace: context.requestID)
    }

    /// RFC 6749 §5.2: 401 with a challenge where the client showed itself in the header.
    private func refusal(_ error: OAuthError) -> Response {
        context.logger.info(
            "oauth request refused",
            metadata: ["error": "\(error.code.rawValue)", "detail": "\(error.description ?? "")"])
        var response = Self.response(.init(code: error.status), error.json)
        if error.code == .invalidClient {
            response.headers[.wwwAuthenticate] = Challenge.basic(realm: "gatehouse")
        }
        return response
    }

    static func response(_ status: HTTPResponse.Status, _ body: JSONObject?) -> Response {
        var headers = CrossOrigin.answer
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body?.serialized ?? [])))
    }
}

/// What lets pages of other origins call the endpoints of programs (Fetch §3.2). Nothing there goes by cookies.
enum CrossOrigin {
    static let answer: HTTPFields = [
        .accessControlAllowOrigin: "*", .accessControlExposeHeaders: "DPoP-Nonce, WWW-Authenticate",
    ]
    static let preflight: HTTPFields = [
        .accessControlAllowOrigin: "*", .accessControlAllowMethods: "GET, POST",
        .accessControlAllowHeaders: "authorization, content-type, dpop", .accessControlMaxAge: "600",
    ]
}

extension HTTPField.Name {
    /// RFC 9449 §8.
    static let dpopNonce = HTTPField.Name("DPoP-Nonce")!
    /// RFC 9449 §4.1.
    static let dpop = HTTPField.Name("DPoP")!
}

extension Response {
    /// RFC 9449 §8: with whatever is answered to a proof comes the nonce for the next, where one is asked for.
    mutating func addNonce(to request: Request, of tenant: TenantID, _ gateway: Gateway) throws {
        guard request.headers.contains(.dpop), let nonce = try gateway.tokens.dpopNonce(of: tenant) else { return }
        headers[.dpopNonce] = nonce
    }
}

extension Request {
    /// Every `DPoP` header (RFC 9449 §4.1).
    var proofs: [String] { headers[values: .dpop] }
}

extension GatewayRequestContext {
    /// The endpoint's path behind the issuer: as the route has it, however the request wrote it.
    var endpoint: String {
        let template = endpointPath ?? ""
        let tenant = "/t/{tenant}"
        return template.hasPrefix(tenant) ? String(template.dropFirst(tenant.count)) : template
    }
}
