import Identity
import Vocabulary

/// What things that events speak of are called now, as far as memory knows: never people, whose names the journal keeps
/// sealed.
public struct StreamNames: Sendable {
    private let names: [String: String]

    init(_ pairs: [(id: String, name: String)]) {
        names = Dictionary(pairs.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// The name of what an event's stream is about, nil where nobody knows it.
    public subscript(_ entry: AuditEntry) -> String? { names[entry.streamID] }
}

extension Gateway {
    /// The names of a tenant's roles, groups, providers and applications, and its own. Nothing is read for them.
    public func streamNames(in tenant: TenantID) async -> StreamNames {
        var pairs = tenants.tenant(tenant).map { [(id: $0.id.description, name: $0.slug)] } ?? []
        pairs += providers.all(in: tenant).map { ($0.id.description, $0.configuration.name) }
        pairs += applications.all(in: tenant).map { ($0.id.description, $0.settings.name) }
        if let compiled = try? await authorization.snapshot(of: tenant) {
            pairs += compiled.roles.values.map { ($0.id.description, $0.name) }
            pairs += compiled.groups.values.map { ($0.id.description, $0.name) }
        }
        return StreamNames(pairs)
    }
}
