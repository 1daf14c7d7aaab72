import HTTPTypes
import Hummingbird

/// Sets the headers that keep a browser from helping an attacker. They are on every answer, errors included; what a
/// handler sets itself stands, and what it says nothing of is `no-store`.
public struct SecurityHeadersMiddleware: RouterMiddleware {
    public typealias Context = GatewayRequestContext

    /// No scripts at all, styles and images only from here, forms only to here, no frames (CSP Level 3).
    public static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'"

    /// The same for a page that runs our own script: files of this origin alone, and what they ask of it. Inline script
    /// stays forbidden, so that markup which got into a page would still run nothing.
    static let scriptedContentSecurityPolicy = contentSecurityPolicy + "; script-src 'self'; connect-src 'self'"

    /// The same for a page whose one form takes the browser to a client, by script where there is one
    /// (OAuth 2.0 Form Post Response Mode).
    static func formPostContentSecurityPolicy(to origin: String) -> String {
        scriptedContentSecurityPolicy.replacing("form-action 'self'", with: "form-action \(origin)")
    }

    /// Of pages, and of whatever else a browser may show or follow.
    private let ofPages: [HTTPField]
    /// Of answers to programs, which no browser shows: what only documents heed is left away there.
    private let ofData: [HTTPField]
    private static let noStore = HTTPField(name: .cacheControl, value: "no-store")

    /// - Parameter isSecure: whether people reach the gateway over TLS. RFC 6797 §7.2: no HSTS over plain HTTP.
    public init(isSecure: Bool) {
        var both: [(HTTPField.Name, String)] = [
            (.xContentTypeOptions, "nosniff"), (HTTPField.Name("Cross-Origin-Resource-Policy")!, "same-origin"),
        ]
        if isSecure { both.append((.strictTransportSecurity, "max-age=31536000")) }
        let pages: [(HTTPField.Name, String)] = [
            (.contentSecurityPolicy, Self.contentSecurityPolicy),
            // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms (Fetch §3.2), and no form
            // could prove where it came from. Nothing goes to another origin with this one either.
            (HTTPField.Name("Referrer-Policy")!, "same-origin"),
            (HTTPField.Name("Cross-Origin-Opener-Policy")!, "same-origin"),
            (HTTPField.Name("Permissions-Policy")!, "camera=(), geolocation=(), microphone=()"),
            (HTTPField.Name("X-Frame-Options")!, "DENY"),
        ]
        let data: [(HTTPField.Name, String)] = [
            (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
        ]
        // Made once: they are the same on every answer.
        ofPages = (both + pages).map { HTTPField(name: $0.0, value: $0.1) }
        ofData = (both + data).map { HTTPField(name: $0.0, value: $0.1) }
    }

    /// Adds the headers to every answer, errors included.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        let fixed = Self.isData(response.headers[.contentType]) ? ofData : ofPages
        response.headers.reserveCapacity(response.headers.count + fixed.count + 4)
        // A page of ours says itself what it needs beyond the least.
        for field in fixed where !response.headers.contains(field.name) { response.headers.append(field) }
        if !response.headers.contains(.cacheControl) { response.headers.append(Self.noStore) }
        return response
    }

    /// Whether it is JSON, a token or the like. Without a type it may be a redirect, which browsers follow.
    private static func isData(_ type: String?) -> Bool { type?.utf8.starts(with: "application/".utf8) ?? false }
}
