import Identity
import Vocabulary

extension Gateway {
    /// A one-time link that makes the first administrator of a tenant. Only the newest works, and only once.
    ///
    /// - Throws: `not_found` for a tenant that does not exist, and what the store throws.
    public func makeSetupLink(in slug: String? = nil) async throws -> SecretText {
        let found = slug.map { tenants.tenant(slug: $0) } ?? tenants.defaultTenant
        guard let tenant = found else { throw Fault.notFound("tenant") }
        let caller = Caller(
            tenant: tenant.id, actor: .system("installation"), command: CommandID.random(at: clock()))
        let made = try await credentials.createLink(
            for: .setup, person: nil, lifetime: configuration.login.linkLifetime, by: caller)
        return linkURL(made.token, in: tenant.id)
    }

    /// The address under which a single-use link is opened. The token is in the path, so that a form can carry it on.
    public func linkURL(_ token: SecretText, in tenant: TenantID) -> SecretText {
        SecretText(tenants.publicURL(of: tenant) + "/login/link/" + token.reveal())
    }
}
