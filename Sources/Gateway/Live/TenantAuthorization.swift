import Authorization
import Crypto
import Governance
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
    /// The governed rules; nil when no governed policy is active, which is all that decisions then look at.
    let book: RuleBook?
    /// Whether a limit of those counts by resource.
    let countsByResource: Bool
    /// Whether a rule asks how much risk somebody is.
    let readsRisk: Bool
    let keys: KeyRing
    /// The tenant's units, read only where governed rules may name them.
    private let units: OrganizationTree
    /// The journal position it was read at. What directory jobs granted later waits for the next one, so that
    /// memberships and nestings of one run count together.
    let position: Int64

    /// Compiles what the store holds. Throws when a stored policy no longer reads, so that nothing is decided on half.
    ///
    /// - Parameter trial: what to compile in place of what is in force; what comes of it decides nothing.
    init(
        tenant: TenantID, generation: UInt64, configurationDigest: [UInt8], multiFactorRoles named: Set<String>,
        from sql: any SQLConnection, _ source: GovernedSource, trial: RuleTrial? = nil
    ) throws {
        let compiling = try TenantRules(trial.changed(.init(of: tenant, from: sql)))
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
        let book = try GovernedRules(of: tenant, from: sql, source, trial: trial).book(graph, generation)
        self.book = book
        countsByResource = book?.countsByResource ?? false
        readsRisk = RiskFacts.areRead(by: index) || book.map { RiskFacts.areRead(by: $0.index) } ?? false
        keys = source.keys
        units = OrganizationTree(try book == nil ? [] : sql.organizationUnits(of: tenant))
        let counted = trial == nil ? book?.limitedRules ?? [] : []
        for rule in counted where source.limits.ledger(of: rule, in: tenant) == nil {
            let ledger = try GovernedStream(LimitLedger.aggregate, rule).load(sql, in: tenant, keys: source.keys).state
            if let ledger { source.limits.keep(ledger, in: tenant) }
        }
        let policyDigest =
            book.map { Array(SHA256.hash(data: stamp.policyDigest + $0.index.stamp.policyDigest)) }
            ?? stamp.policyDigest
        basis = RecordedBasis(
            .init(
                policies: policyDigest, roles: stamp.roleDigest,
                mappings: Self.digest(
                    mappingRows.map { "\($0.id) \($0.provider) \($0.match) \($0.role)" }.joined(separator: "\n")),
                configuration: configurationDigest, engine: GatehouseVersion.current,
                timeZones: book?.zoneVersion ?? "none"),
            index: index)
    }

    /// What governed rules know of somebody: the rules about them, their units with all above, their roles by name.
    func governed(_ subject: Subject, _ facts: SubjectFacts, in unit: OrganizationUnitID?) throws -> GovernedStanding? {
        guard let book else { return nil }
        let path = unit.map { id in (units[id].map { [$0] } ?? []) + units.ancestors(of: id) } ?? []
        let names = index.roles.effectiveRoles(facts.roles).compactMap { roles[$0]?.name }
        return GovernedStanding(
            standing: try book.standing(of: facts),
            place: ScopePlace(
                subject, units: path.compactMap { unit in ScopeLevel(unit.level).map { .init($0, unit.id) } }),
            roles: Set(names))
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

/// What a tenant's governed rules know of somebody, resolved against one book.
struct GovernedStanding: Sendable {
    let standing: Standing
    let place: ScopePlace
    /// Names of the roles that count, inherited ones included.
    let roles: Set<String>
}

extension ScopeLevel {
    /// Nil for a level of the tree that no scope names.
    fileprivate init?(_ level: OrganizationLevel) {
        switch level {
        case .organization: self = .organization
        case .division: return nil
        case .department: self = .department
        case .project: self = .project
        case .team: self = .team
        }
    }
}

/// The version of this build, as decisions and answers name it.
public enum GatehouseVersion {
    public static let current = "0.1.0"
}
