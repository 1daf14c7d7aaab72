import Authorization
import Identity
import Storage
import Vocabulary

extension Gateway {
    /// What is probably not meant in a document, held to the roles and groups of a tenant.
    ///
    /// - Parameter actions: what can be done here, by resource type, for the types of the gateway itself.
    /// - Throws: as `PolicyTools.lint`.
    public func lintPolicies(
        _ text: String, actions: [String: Set<String>], in tenant: TenantID
    ) async throws -> [LintFinding] {
        let document = try PolicyService.read(try PolicyService.parse(text))
        let (roles, groups) = try await store.read { sql in (try sql.roles(in: tenant), try sql.groups(in: tenant)) }
        let known = KnownNames(
            roles: Set(roles.map(\.name)),
            groups: Self.groupNames(groups, of: providers.enabled(in: tenant)).map { Set($0) }, actions: actions)
        return PolicyLint.findings(document.policies, known: known)
    }

    /// Groups as policies may name them: by id, and by the immutable key. Nil before anything came from a directory:
    /// then its groups are not missing, they are not known yet.
    static func groupNames(_ groups: [Group], of providers: [ConfiguredProvider]) -> [String]? {
        let brought = Set(groups.compactMap { $0.upstream?.provider })
        guard providers.allSatisfy({ $0.isLocal || brought.contains($0.id) }) else { return nil }
        return groups.flatMap { [$0.id.description] + ($0.upstream.map { [$0.key] } ?? []) }
    }
}
