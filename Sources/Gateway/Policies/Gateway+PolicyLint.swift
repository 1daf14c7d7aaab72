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
            roles: Set(roles.map(\.name)), groups: isGroupListKnown(groups, in: tenant) ? Self.names(of: groups) : nil,
            actions: actions)
        return PolicyLint.findings(document.policies, known: known)
    }

    /// Before anything came from a directory, its groups are not missing: they are not known yet.
    private func isGroupListKnown(_ groups: [Group], in tenant: TenantID) -> Bool {
        let brought = Set(groups.compactMap { $0.upstream?.provider })
        return providers.enabled(in: tenant).allSatisfy { $0.isLocal || brought.contains($0.id) }
    }

    /// As policies may name them: by id, and by the immutable key.
    private static func names(of groups: [Group]) -> Set<String> {
        Set(groups.flatMap { [$0.id.description] + ($0.upstream.map { [$0.key] } ?? []) })
    }
}
