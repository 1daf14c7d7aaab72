import Authorization
import Crypto
import Governance
import Identity
import Storage
import Vocabulary

/// What reading governed rules takes beside the database.
struct GovernedSource: Sendable {
    let keys: KeyRing
    let settings: GovernanceConfiguration
    let zones = ZoneFiles()
    let memory = GovernedMemory()
    let limits = LimitMemory()

    /// What configuration adds to every tenant's own policies.
    func builtIn() throws -> [GovernedPolicy] {
        guard settings.requiresApprovalForProduction else { return [] }
        return [try refusing { try ProductionApproval.policy() }]
    }
}

/// What `governance.require_approval_for_production` puts in force: one policy that asks for an approval there.
enum ProductionApproval {
    /// What decisions and approvals name it by. It is in no tenant's journal.
    static let id = PolicyID(high: 0x6761_7465_686f_7073, low: 0x8000_7072_6f64_7563)

    static func policy() throws(GovernanceError) -> GovernedPolicy {
        try .builtIn(
            id, name: "Approval for production", description: "Whatever is done in production is approved first.",
            rule: Rule.productionApproval())
    }
}

/// The governed policies that a tenant's decisions rest on: its own and those of the level above, with sets and
/// exemptions. Read together with roles and policy documents, in one snapshot of the database.
struct GovernedRules {
    private let inherited: [GovernedPolicy]
    private let own: [GovernedPolicy]
    private let overridden: [PlacedPolicy: [StandIn]]
    private let inheritedSets: [PolicySet]
    private let sets: [PolicySet]
    private let exemptions: [Exemption]
    let zones: ZoneTable
    let mode: RuleBook.Mode

    /// Reads what is active in the store. Throws what the store throws, and for a stream that does not fold.
    ///
    /// - Parameters:
    ///   - isCommitted: false inside a transaction.
    ///   - trial: what to judge by in place of what is active.
    init(
        of tenant: TenantID, from sql: any SQLConnection, _ source: GovernedSource, isCommitted: Bool = true,
        trial: RuleTrial? = nil
    ) throws {
        let reader = ActiveGovernance(sql: sql, source: source, isCommitted: isCommitted)
        let own = try trial.changed(reader.policies(in: tenant)) + source.builtIn()
        var above: [GovernedPolicy] = []
        var setsAbove: [PolicySet] = []
        sets = try own.isEmpty ? [] : reader.sets(in: tenant)
        if let global = try source.settings.globalTenant.flatMap({ try sql.tenant(slug: $0)?.id }), global != tenant {
            above = trial.throughout(try reader.policies(in: global))
            if !above.isEmpty { setsAbove = try reader.sets(in: global) }
        }
        inheritedSets = setsAbove
        let compiled = PolicyInheritance.compiled(global: above, tenant: own)
        (inherited, self.own, overridden) = compiled
        let policies = compiled.inherited + compiled.own
        exemptions = try policies.isEmpty ? [] : reader.exemptions(in: tenant)
        zones = source.zones.table(Set(policies.compactMap(\.zone)))
        let settings = source.settings
        let enforces = settings.enforcesPolicies && settings.capabilities.contains(.policyEnforcement)
        mode = enforces ? .enforced : .logOnly
    }

    var policies: [GovernedPolicy] { inherited + own }

    /// Compiles; nil when no policy is active, so that decisions pay for governed rules only where there are any.
    ///
    /// - Throws: `TenantRules.Rejection` for rules that do not go together or name an unknown time zone.
    func book(_ graph: RoleGraph, _ generation: UInt64) throws -> RuleBook? {
        guard !policies.isEmpty else { return nil }
        let stamp = IndexStamp(
            generation: generation, policyDigest: Array(SHA256.hash(data: Array(canonicalText.utf8))),
            roleDigest: Array(SHA256.hash(data: Array(graph.canonicalText.utf8))))
        do {
            return try RuleBook(
                policies: own, inherited: inherited, sets: sets, inheritedSets: inheritedSets, exemptions: exemptions,
                overridden: overridden, roles: try Self.withoutPermissions(graph), zones: zones, mode: mode,
                stamp: stamp)
        } catch let error as GovernanceError {
            throw TenantRules.Rejection(fault: error.fault)
        } catch let fault as Fault where fault.culprit == .caller {
            throw TenantRules.Rejection(fault: fault)
        }
    }

    /// Roles as governed rules see them: who holds what. What roles permit is the other index's business.
    private static func withoutPermissions(_ graph: RoleGraph) throws -> RoleGraph {
        try RoleGraph(
            graph.roles.map { RoleDefinition(id: $0.id, name: $0.name, parents: $0.parents, permissions: []) })
    }

    /// Streams only grow, so that id and version name a content.
    private var canonicalText: String {
        let names =
            inherited.map { "inherited \($0.id)@\($0.version)" } + own.map { "policy \($0.id)@\($0.version)" }
            + (inheritedSets + sets).map { "set \($0.id)@\($0.version)" }
            + exemptions.map { "exemption \($0.id)@\($0.version)" } + [mode.rawValue]
        return names.joined(separator: "\n")
    }
}

/// Reads what is active of each kind.
private struct ActiveGovernance {
    let sql: any SQLConnection
    let source: GovernedSource
    let isCommitted: Bool

    func policies(in tenant: TenantID) throws -> [GovernedPolicy] {
        try active(in: tenant) { GovernedStream(GovernedPolicy.aggregate, $0) }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    func sets(in tenant: TenantID) throws -> [PolicySet] {
        try active(in: tenant) { GovernedStream(PolicySet.aggregate, $0) }
    }

    func exemptions(in tenant: TenantID) throws -> [Exemption] {
        try active(in: tenant) { GovernedStream(Exemption.aggregate, $0) }
    }

    private func active<State, Event>(
        in tenant: TenantID, _ stream: (Identifier<Void>) -> GovernedStream<State, Event>
    ) throws -> [State] {
        let kind = stream(Identifier(high: 0, low: 0)).stream.kind
        var found: [State] = []
        var last: [UInt8]?
        while true {
            let page = try sql.governed(
                kind, in: tenant, GovernedFilter(state: "active"), after: last, limit: Store.pageLimit)
            for row in page {
                guard let id = Identifier<Void>(bytes: row.id) else { continue }
                let one = stream(id)
                let state = try source.memory.state(one.stream, of: row, isCommitted: isCommitted) {
                    try one.load(sql, in: tenant, keys: source.keys).state
                }
                if let state { found.append(state) }
            }
            guard page.count == Store.pageLimit else { return found }
            last = page.last?.id
        }
    }
}
