/// The names of the gateway's own cookies. The `__Host-` prefix makes a browser refuse them unless they are Secure,
/// have Path=/ and no Domain (RFC 6265bis §4.1.3.2), so that no application on a sibling host can set or read them; the
/// tenant in the name keeps tenants of one host apart.
public enum CookieName {
    /// What a cookie is for; each purpose has a name of its own, so that one is never taken for another.
    public enum Purpose: String, Sendable, CaseIterable {
        /// Binds a login flow to the browser before anybody is known.
        case preSession = "pre"
        /// The single sign-on session at the gateway.
        case session = "sso"
        /// A browser that has signed in before, with a failure budget of its own.
        case device = "dev"
        /// A sign-out on its way to those who have to hear of it.
        case logout = "out"
        /// Binds a login to the browser that began it at an application, on the application's own host.
        case start = "start"
        /// The session of one application, on the application's own host.
        case application = "app"
    }

    /// - Parameter tenant: the tenant's slug (`Tenant.isValid(slug:)`).
    public static func name(_ purpose: Purpose, tenant: String) -> String { "__Host-gh-\(purpose.rawValue)-\(tenant)" }
}
