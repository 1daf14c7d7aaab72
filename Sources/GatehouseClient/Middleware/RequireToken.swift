import HTTPTypes
import Hummingbird
import Logging

/// A request context with a place for what `RequireToken` found out.
public protocol TokenContext: RequestContext {
    /// The caller's token as the gateway described it; nil outside of routes behind `RequireToken`.
    var introspection: Introspection? { get set }
}

/// A context for services that need no other.
public struct BasicTokenContext: TokenContext {
    public var coreContext: CoreRequestContextStorage
    public var introspection: Introspection?

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// Lets a request through only with an active token, with the audience and scopes the route needs.
///
/// Without a token, or with a bad one: 401 and a challenge (RFC 6750 §3). A good token without the scope: 403. No
/// answer from the gateway: 503, never through. A token that is bound to a key or a certificate is a bad one, unless it is
/// bound to a certificate and the service can tell which one the connection has.
public struct RequireToken<Context: TokenContext>: RouterMiddleware {
    private let client: GatehouseClient
    private let audience: String?
    private let scopes: Set<String>
    private let certificate: (@Sendable (Request, Context) -> String?)?

    /// - Parameters:
    ///   - audience: this service's name as the gateway knows it; a token for somebody else is refused. Nil accepts
    ///     every token of the issuer: only where the gateway itself binds keys to services.
    ///   - scopes: all of them are needed.
    ///   - certificate: SHA-256 of the certificate (DER) that the connection was opened with, as base64url; nil for a
    ///     connection without (RFC 8705 §3). Left out, no token is taken that is bound to one.
    public init(
        _ client: GatehouseClient, audience: String?, scopes: Set<String> = [],
        certificate: (@Sendable (Request, Context) -> String?)? = nil
    ) {
        self.certificate = certificate
        self.client = client
        self.audience = audience
        self.scopes = scopes
    }

    /// Answers 401 without a live token and 503 when the gateway cannot be asked (RFC 6750 §3); otherwise goes on.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let presented = request.headers[values: .authorization]
        guard !presented.isEmpty else { return Self.refuse(.unauthorized, nil) }
        guard presented.count == 1, let token = Self.bearer(presented[0]) else {
            return Self.refuse(.unauthorized, "invalid_token")
        }
        let introspection: Introspection
        do { introspection = try await client.introspect(token) } catch {
            let code = (error as? GatehouseError)?.code ?? "unknown"
            context.logger.error("token not checked", metadata: ["reason": "\(code)"])
            return Response(status: .serviceUnavailable, headers: [.retryAfter: "1", .cacheControl: "no-store"])
        }
        guard introspection.isActive, audience.map(introspection.audiences.contains) ?? true,
            isConfirmed(introspection, request, context)
        else {
            return Self.refuse(.unauthorized, "invalid_token")
        }
        guard scopes.isSubset(of: introspection.scopes) else { return Self.refuse(.forbidden, "insufficient_scope") }
        var context = context
        context.introspection = introspection
        return try await next(request, context)
    }

    /// RFC 8705 §3: the certificate has to be the one that the token is bound to. A key is proved by proofs of DPoP, which
    /// are not checked here (RFC 9449 §7.1): such a token is no bearer token.
    private func isConfirmed(_ introspection: Introspection, _ request: Request, _ context: Context) -> Bool {
        guard let confirmation = introspection.confirmation else { return true }
        guard !confirmation.needsMore, let bound = confirmation.certificateThumbprint,
            let shown = certificate?(request, context)
        else { return false }
        return bound.utf8.elementsEqual(shown.utf8)
    }

    // RFC 9110 §11.1: the scheme's name is case-insensitive.
    private static func bearer(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = String(parts[1].drop { $0 == " " })
        return GatehouseClient.isToken(token) ? token : nil
    }

    // RFC 6750 §3.1: no error code when the request carried no credential.
    private static func refuse(_ status: HTTPResponse.Status, _ error: String?) -> Response {
        let challenge = "Bearer realm=\"gatehouse\"" + (error.map { ", error=\"\($0)\"" } ?? "")
        return Response(status: status, headers: [.wwwAuthenticate: challenge, .cacheControl: "no-store"])
    }
}
