import Identity
import Storage
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

extension Gateway {
    /// Whether a set-up link of the default tenant could be used now by whoever has it.
    ///
    /// - Throws: what the store throws.
    public func hasOpenSetupLink() async throws -> Bool {
        guard let tenant = tenants.defaultTenant else { return false }
        let now = clock()
        return try await store.read { try $0.hasOpenLink(.setup, in: tenant.id, at: now) }
    }

    /// The set-up link of a new installation: made when the default tenant has no administrator who can sign in and no
    /// set-up link that could still be used. Nil otherwise, so that it is shown once.
    ///
    /// - Throws: what the store throws.
    public func makeFirstSetupLink() async throws -> SecretText? {
        guard let tenant = tenants.defaultTenant else { return nil }
        let now = clock()
        let ways = providers.ways(in: tenant.id)
        let isSettled = try await store.read { sql in
            try ProtectedHolders(in: tenant.id, sql, ways, at: now).isAnybody()
                || sql.hasOpenLink(.setup, in: tenant.id, at: now)
        }
        return isSettled ? nil : try await makeSetupLink()
    }
}
