import Authorization
import Crypto
import Identity
import Storage
import Vocabulary

/// Everything a tenant's decisions rest on but the people themselves: compiled once, replaced whole.
final class TenantAuthorization: Sendable {
    let tenant: TenantID
    let index: PolicyIndex
    let roles: [RoleID: Role]
    /// Roles that count only where two factors were proven: those marked so, those that configuration names, and those
    /// that inherit from one of them.
    let multiFactorRoles: Set<RoleID>
    let rules: GrantRule
    let mappings: MappingEvaluator
    let groups: [GroupID: Group]
    /// For each group, itself and every group it lies in.
    let containers: [GroupID: [GroupID]]
    let basis: RecordedBasis
    /// The journal position it was read at. What directory jobs granted later waits for the next one, so that
    /// memberships and nestings of one run count together.
    let position: Int64

    /// Compiles what the store holds. Throws when a stored policy no longer reads, so that nothing is decided on half.
    init(
        tenant: TenantID, generation: UInt64, configurationDigest: [UInt8], multiFactorRoles named: Set<String>,
        from sql: any SQLConnection
    ) throws {
        let compiling = try TenantRules(of: tenant, from: sql)
        let (stored, graph, policies) = (compiling.roles, compiling.graph, compiling.policies)
        let mappingRows = try sql.roleMappings(in: tenant)
        let stamp = IndexStamp(
            generation: generation, policyDigest: Self.digest(CanonicalText.of(policies)),
            roleDigest: Self.digest(graph.canonicalText))
        self.tenant = tenant
        position = try sql.journalPosition(of: tenant)
        index = try compiling.index(stamp)
        roles = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0) })
        multiFactorRoles = Set(MultiFactorDemand.all(of: stored, named: named).keys)
        rules = GrantRule(roles: stored)
        mappings = MappingEvaluator(mappingRows)
        let groupRows = try sql.groups(in: tenant)
        groups = Dictionary(uniqueKeysWithValues: groupRows.map { ($0.id, $0) })
        containers = Self.close(groupRows, try sql.nestings(in: tenant))
        basis = RecordedBasis(
            .init(
                policies: stamp.policyDigest, roles: stamp.roleDigest,
                mappings: Self.digest(
                    mappingRows.map { "\($0.id) \($0.provider) \($0.match) \($0.role)" }.joined(separator: "\n")),
                configuration: configurationDigest, engine: GatehouseVersion.current, timeZones: "none"),
            index: index)
    }

    private static func close(_ groups: [Group], _ nestings: [GroupNesting]) -> [GroupID: [GroupID]] {
        let ids = groups.map(\.id)
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, Int32($0)) })
        let graph = MembershipGraph(
            groupCount: ids.count, personCount: 0,
            nestings: nestings.compactMap { nesting -> IndexPair? in
                guard let parent = places[nesting.parent], let child = places[nesting.child] else { return nil }
                return IndexPair(group: parent, member: child)
            }, memberships: [])
        return Dictionary(
            uniqueKeysWithValues: ids.enumerated().map { index, id in
                (id, graph.groupsContaining(group: Int32(index)).map { ids[Int($0)] })
            })
    }

    private static func digest(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}

/// The version of this build, as decisions and answers name it.
public enum GatehouseVersion {
    public static let current = "0.1.0"
}
