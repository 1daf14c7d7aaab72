import Authorization
import Governance
import Identity
import Storage
import Vocabulary

extension PolicyWorkbench {
    /// Runs the cases of a document over it alone, held to nothing that is stored: who inherits which role does not
    /// count, only the rules are on trial.
    ///
    /// - Throws: what is wrong with the document.
    public static func run(_ tree: AttributeValue, now: Timestamp) throws -> [DraftTest.Result] {
        let draft = try refusing { try PolicyDraft(tree) }
        let zones = ZoneFiles().table(Set([draft.details.zone].compactMap(\.self)))
        return try refusing { try draft.run(draft.tests, zones: zones, now: now) }
    }

    /// The cases beside a policy, none before somebody wrote any. Throws `not_found` for a policy that is not there.
    public func cases(of id: PolicyID, in tenant: TenantID) async throws -> (documents: AttributeValue, version: Int64)
    {
        _ = try await governance.policy(id, in: tenant)
        let loaded = try await store.ask(tenant, now: clock()) { try $0.load(Governed.policyCases(id)) }
        return (loaded.state?.documents ?? .list([]), loaded.version)
    }

    /// Writes the cases beside a policy anew, as a whole; an empty list takes them away. From then on the policy is not
    /// activated while one of them fails.
    ///
    /// - Throws: `governance.rejected` with every fault, `stale`, and `not_found`.
    public func setCases(
        _ documents: AttributeValue, of id: PolicyID, expecting version: Int64? = nil, by caller: Caller
    ) async throws -> Int64 {
        _ = try await governance.policy(id, in: caller.tenant)
        return try await store.govern(by: caller) { writer in
            let stream = Governed.policyCases(id)
            let loaded = try writer.view.load(stream)
            if let version, version != loaded.version { throw Fault.stale("policy cases") }
            let events = try PolicyCases.setting(documents, of: id, over: loaded.state)
            return try writer.write(events, to: loaded, of: stream, row: GovernedRow.init).version
        }
    }

    /// Runs the cases beside a policy over it as it stands, with the roles of the tenant. Throws `not_found`, and what
    /// compiling its rules throws.
    public func runCases(of id: PolicyID, in tenant: TenantID) async throws -> [DraftTest.Result] {
        let policy = try await governance.policy(id, in: tenant)
        let zones = table.zones
        let now = clock()
        return try await store.ask(tenant, now: now) { view in
            let cases = try view.load(Governed.policyCases(id)).state
            return try policy.run(cases, zones, roles: try view.sql.roles(in: tenant), now: now)
        }
    }
}

extension GovernedPolicy {
    /// Runs cases with the roles there are.
    fileprivate func run(
        _ cases: PolicyCases?, _ zones: ZoneFiles, roles: [Role], now: Timestamp
    ) throws -> [DraftTest.Result] {
        guard let cases else { return [] }
        let graph = try RoleGraph(roles.map { RoleDefinition(id: $0.id, name: $0.name, parents: $0.parents) })
        return try run(
            try cases.tests(), zones: zones.table(Set([zone].compactMap(\.self))), graph: graph, now: now)
    }
}

extension GovernanceService {
    /// Refuses to put a policy in force while a case beside it fails. The plan rests on the cases: who changes them
    /// meanwhile makes it be decided again.
    func requireCases(
        of policy: GovernedPolicy, in tenant: TenantID, _ plan: inout GovernancePlan, _ now: Timestamp,
        _ sql: any SQLConnection
    ) throws {
        let stream = Governed.policyCases(policy.id)
        let cases = try stream.load(sql, in: tenant, keys: store.keys)
        plan.rest(on: stream.stream, cases)
        guard let kept = cases.state, let zones = table?.zones else { return }
        let failed = try policy.run(kept, zones, roles: try sql.roles(in: tenant), now: now)
            .compactMap { result in result.failure.map { "\(result.name): \($0)" } }
        guard let first = failed.first else { return }
        let more = failed.count > 1 ? ", and \(failed.count - 1) more" : ""
        throw Fault(
            "governance.cases_failed", .caller, "\(failed.count) of its cases do not hold: \(first)\(more).",
            remedy: "Mend the policy in a draft, or its cases.")
    }
}
