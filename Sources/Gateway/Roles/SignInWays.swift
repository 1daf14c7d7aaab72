import Identity
import Storage
import Vocabulary

/// The ways by which people of a tenant sign in now: its providers that are configured and switched on.
struct SignInWays: Sendable {
    /// Directories and other upstream providers.
    let providers: Set<ProviderID>
    /// Whether passwords of this gateway open anything.
    let hasPasswords: Bool

    /// Whether somebody has what one of them asks for.
    func areOpen(to person: PersonID, _ sql: any SQLConnection) throws -> Bool {
        if hasPasswords, try sql.hasPassword(person) { return true }
        return try sql.identities(of: person).contains { providers.contains($0.subject.provider) }
    }
}

extension ProviderTable {
    func ways(in tenant: TenantID) -> SignInWays {
        let enabled = enabled(in: tenant)
        return SignInWays(
            providers: Set(enabled.filter { !$0.isLocal }.map(\.id)), hasPasswords: enabled.contains(where: \.isLocal))
    }
}
