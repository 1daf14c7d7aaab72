import HTTPTypes
import Hummingbird

/// Sets the headers that keep a browser from helping an attacker. They are on every answer, errors included; a
/// handler's own `Cache-Control` stands, everything else is `no-store`.
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

    /// Checked once: the fields are the same on every answer.
    private let fixed: [HTTPField]
    private static let noStore = HTTPField(name: .cacheControl, value: "no-store")

    /// - Parameter isSecure: whether people reach the gateway over TLS. RFC 6797 §7.2: no HSTS over plain HTTP.
    public init(isSecure: Bool) {
        var headers: [(HTTPField.Name, String)] = [
            (.contentSecurityPolicy, Self.contentSecurityPolicy),
            (.xContentTypeOptions, "nosniff"),
            // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms (Fetch §3.2), and no form
            // could prove where it came from. Nothing goes to another origin with this one either.
            (HTTPField.Name("Referrer-Policy")!, "same-origin"),
            (HTTPField.Name("Cross-Origin-Opener-Policy")!, "same-origin"),
            (HTTPField.Name("Cross-Origin-Resource-Policy")!, "same-origin"),
            (HTTPField.Name("Permissions-Policy")!, "camera=(), geolocation=(), microphone=()"),
            (HTTPField.Name("X-Frame-Options")!, "DENY"),
        ]
        if isSecure { headers.append((.strictTransportSecurity, "max-age=31536000")) }
        fixed = headers.map { HTTPField(name: $0.0, value: $0.1) }
    }

    /// Adds the headers to every answer, errors included.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        var headers = HTTPFields()
        headers.reserveCapacity(response.headers.count + fixed.count + 2)
        var isStorageSaid = false
        for field in response.headers where !fixed.contains(where: { $0.name == field.name }) {
            isStorageSaid = isStorageSaid || field.name == .cacheControl
            headers.append(field)
        }
        // A page of ours says itself what it needs beyond the least.
        let own = response.headers[.contentSecurityPolicy]
        for field in fixed { headers.append(field) }
        if let own { headers[.contentSecurityPolicy] = own }
        if !isStorageSaid { headers.append(Self.noStore) }
        response.headers = headers
        return response
    }
}
