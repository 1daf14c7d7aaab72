import Storage
import Vocabulary

/// Which stored provider each configured one of a tenant is. A provider's id is not its name: identities, groups and
/// mappings hang on the id, and a provider that is only called otherwise must not begin anew, with nobody's account.
struct ProviderPlan {
    /// In the configuration's order; nil stands for one that is new.
    let entries: [(wanted: ProviderConfiguration, stored: StoredProvider?)]

    /// - Parameter vouches: whether people hang on this provider.
    /// - Throws: `configuration.provider` where the file leaves open which is which, and what `vouches` throws.
    init(
        _ wanted: [ProviderConfiguration], _ stored: [StoredProvider], vouches: (ProviderID) throws -> Bool
    ) throws {
        entries = try wanted.map { ($0, try Self.find($0, stored, vouches)) }
        let kept = Set(entries.compactMap(\.stored?.id))
        guard let new = entries.first(where: { $0.stored == nil && $0.wanted.kind.word != "local" })?.wanted,
            let lost = try stored.first(where: { try !kept.contains($0.id) && vouches($0.id) })
        else { return }
        throw Fault(
            "configuration.provider", .caller,
            "The configuration names a new provider, `\(new.key)`, and no longer `\(lost.name)`, which vouches for people.",
            remedy: """
                If it has another id now, write `was: \(lost.name)` beside the new one. If they are two, name both (the \
                old one with `enabled: false`), start, and then remove the old one.
                """)
    }

    private static func find(
        _ wanted: ProviderConfiguration, _ stored: [StoredProvider], _ vouches: (ProviderID) throws -> Bool
    ) throws -> StoredProvider? {
        let former = wanted.was.flatMap { was in stored.first { $0.name == was } }
        guard let present = stored.first(where: { $0.name == wanted.key }) else {
            guard let former else { return nil }
            if former.kind == wanted.kind.word { return former }
            throw fault(wanted, former, "they are of different types")
        }
        // Once renamed, the old name is free; where both have people, they are two.
        if let former, try vouches(former.id) { throw fault(wanted, former, "both exist") }
        return present
    }

    private static func fault(_ wanted: ProviderConfiguration, _ former: StoredProvider, _ why: String) -> Fault {
        Fault(
            "configuration.provider", .caller, "`\(wanted.key)` cannot be what `\(former.name)` was: \(why).",
            remedy: "Leave `was` out, and name both where both are to serve.")
    }
}

extension ProviderConfiguration.Kind {
    /// As it is stored, and as the file has it.
    public var word: String {
        switch self {
        case .local: "local"
        case .ldap: "ldap"
        case .upstream(let settings): settings.language.rawValue
        case .saml: "saml"
        }
    }

    /// Whether people are sent there to sign in.
    var isRedirect: Bool {
        switch self {
        case .upstream, .saml: true
        case .local, .ldap: false
        }
    }
}

extension ProviderPlan {
    /// The plan for a tenant as the store has it.
    init(_ configuration: Configuration, _ slug: String, in tenant: TenantID, _ sql: any SQLConnection) throws {
        try self.init(
            configuration.providers.filter { $0.tenant == slug },
            try sql.providers().filter { $0.tenant == tenant }, vouches: { try sql.vouches($0) })
    }
}
