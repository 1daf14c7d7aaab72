import Governance
import Storage
import Vocabulary

extension GovernanceService {
    /// The command that makes a policy of a document of another style, beside those of `GovernanceCommand`.
    public static let importName = "import"

    func importing(
        _ request: GovernanceRequest, _ now: Timestamp, _ sql: any SQLConnection
    ) throws -> GovernancePlan {
        let document = try PolicyImport(request.payload, fallback: .random(at: now))
        let stream = policy(document.id)
        let loaded = try stream.load(sql, in: request.caller.tenant, keys: store.keys)
        try request.requireSeen(loaded.version, "policy")
        if loaded.state == nil { try requireFree(document.id, in: request.caller.tenant, sql) }
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        let events = try document.events(on: loaded.state, actor: request.caller.actor, now: now) { .random(at: now) }
        plan.write(events, to: loaded, of: stream, by: request.caller, cadence: cadence) {
            GovernedRow($0, at: $1, in: $2)
        }
        return plan
    }

    /// Takes a client's report of what came of an action into the journal, as it was claimed; who reported it is the
    /// caller. Throws `governance.rejected` with every fault of the report.
    public func report(_ document: AttributeValue, by caller: Caller) async throws {
        let record = try refusing { try AlertAuditEntry(document) }.record(by: caller.actor)
        let sections = try record.texts.map { try $0.section() }
        try await store.write(.administration) { tx in
            let stream = Stream(.governed("alert_report"), Identifier<AlertAuditEntry>.random(at: tx.now))
            try tx.append(caller.event(record.type, stream, facts: record.facts, sections: sections))
        }
    }
}
