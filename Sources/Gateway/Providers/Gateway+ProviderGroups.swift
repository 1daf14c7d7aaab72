import Identity
import Storage
import Vocabulary

/// A group at a provider, by the immutable key that mappings name.
public struct ProviderGroup: Sendable {
    public let key: String
    /// As a directory job or a login brought it; nil for a key that only mappings know.
    public let group: Group?
    /// Which mappings go by it.
    public let mappings: [RoleMapping]
}

extension Gateway {
    /// A page of the groups that were brought from a provider and of the keys that its mappings name, in the order of the
    /// keys, those after `last`: where one finds the key for a mapping, and the mapping whose key leads nowhere.
    ///
    /// - Parameter search: only groups whose name contains this, in any spelling of ASCII letters.
    public func groups(
        of provider: ProviderID, in tenant: TenantID, after last: String?, search: String?, limit: Int
    ) async throws -> [ProviderGroup] {
        try await store.read { sql in
            let brought = try sql.groups(of: provider, in: tenant, after: last, search: search, limit: limit)
            let mappings = try Self.mappingsByGroup(of: provider, in: tenant, sql)
            let found = brought.map { group in
                let key = group.upstream?.key ?? ""
                return ProviderGroup(key: key, group: group, mappings: mappings[key] ?? [])
            }
            guard search == nil else { return found }
            let lost = try mappings.filter { key, _ in
                let isAhead = last.map { Self.precedes($0, key) } ?? true
                return try isAhead && sql.group(upstream: UpstreamSubject(provider: provider, key: key)) == nil
            }.map { ProviderGroup(key: $0, group: nil, mappings: $1) }
            return Array((found + lost).sorted { Self.precedes($0.key, $1.key) }.prefix(limit))
        }
    }

    /// The order of the store, which compares bytes.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func mappingsByGroup(
        of provider: ProviderID, in tenant: TenantID, _ sql: any SQLConnection
    ) throws -> [String: [RoleMapping]] {
        try sql.roleMappings(in: tenant).reduce(into: [:]) { found, mapping in
            guard mapping.provider == provider, case .group(let key) = mapping.match else { return }
            found[key, default: []].append(mapping)
        }
    }
}
