import Authorization
import Governance
import Identity
import JOSE
import Storage
import Vocabulary

/// What is known of a person and may be told to applications, in tokens and in assertions alike.
struct KnownPerson: Sendable {
    let person: Person
    let roles: [String]
    let groups: [String]
}

/// Reads what is known of people, each from its one place.
struct KnownPersonReader: Sendable {
    let store: Store
    let resolver: SubjectResolver
    let access: AssignmentService

    /// What is known of somebody; nil for whoever is gone or disabled.
    ///
    /// - Parameter isStrong: they proved a second factor, so that roles which want one count.
    func facts(of id: PersonID, in tenant: TenantID, isStrong: Bool) async throws -> KnownPerson? {
        guard let resolved = try await resolver.resolve(.person(id), in: tenant, isStrong: isStrong),
            resolved.isActive, let person = try await store.read({ try $0.person(id, in: tenant) })
        else { return nil }
        let authorization = try await resolver.table.snapshot(of: tenant)
        return KnownPerson(
            person: person,
            roles: authorization.index.roles.effectiveRoles(resolved.roleIDs)
                .compactMap { authorization.roles[$0]?.name }.sorted(),
            groups: resolved.groups.compactMap { authorization.groups[$0]?.name }.sorted())
    }

    /// One thing that is known; nil where it is not.
    func value(of source: ClaimSource, _ facts: KnownPerson, in tenant: TenantID) async throws -> JSONValue? {
        let person = facts.person
        switch source {
        case .login: return .string(person.login)
        case .name: return person.displayName.map(JSONValue.string)
        case .givenName: return person.givenName.map(JSONValue.string)
        case .familyName: return person.familyName.map(JSONValue.string)
        case .mail: return person.mail.map(JSONValue.string)
        case .locale: return person.locale.map(JSONValue.string)
        case .department: return person.department.map(JSONValue.string)
        case .organizationUnit: return person.organizationUnit.map { .string($0.description) }
        case .manager: return person.manager.map { .string($0.description) }
        case .roles: return .array(facts.roles.map(JSONValue.string))
        case .groups: return .array(facts.groups.map(JSONValue.string))
        case .entitlements:
            let names = try await access.effectiveNames(of: .person(person.id), in: tenant)
            return .array(names.map(JSONValue.string))
        case .attribute(let name): return person.attributes[name].map(JSONValue.init)
        }
    }

    /// The same as texts, as assertions and names say them; empty where there is nothing, or no text.
    func texts(of source: ClaimSource, _ facts: KnownPerson, in tenant: TenantID) async throws -> [String] {
        try await value(of: source, facts, in: tenant).map(Self.texts) ?? []
    }

    private static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): text.isEmpty ? [] : [text]
        case .bool(let isTrue): [isTrue ? "true" : "false"]
        case .array(let values): values.flatMap(texts)
        case .integer(let number): ["\(number)"]
        case .decimal(let number): [number]
        case .null, .object: []
        }
    }
}
