import Governance
import Identity
import Storage
import Vocabulary

extension Notifier {
    /// Tells whoever granted an exemption that it ends soon, once for each end it gets; answers how many notices were
    /// made. What is told once is known until the notice expires, which is why a notice is never older than its exemption.
    @discardableResult
    public func announceEndingExemptions(at now: Timestamp, limit: Int = 500) async throws -> Int {
        let horizon = now + min(settings.exemptionNotice, Self.lifetime)
        let rows = try await store.read { sql in
            try sql.governedDue(.governed(Exemption.aggregate.kind), at: horizon, limit: limit)
        }
        var made = 0
        for row in rows where row.dueAt.map({ $0 > now }) ?? false && isHeard(in: row.tenant) {
            if try await announce(row, now) { made += 1 }
        }
        return made
    }

    private func announce(_ row: GovernedRow, _ now: Timestamp) async throws -> Bool {
        guard let id = ExemptionID(bytes: row.id), let end = row.dueAt else { return false }
        return try await store.write(.spool) { tx in
            let view = GovernedView(sql: tx.sql, tenant: row.tenant, keys: tx.keys, now: tx.now)
            let exemption = try view.one(Governed.exemption(id), "exemption")
            let notice = Notice(
                "exemption.ending", subject: "An exemption that you granted ends soon",
                lines: ["It ends at \(end.rfc3339). Renew it if it is still needed; nothing has to be done otherwise."],
                members: ["exemption_id": .string(id.description), "ends_at": .string(end.rfc3339)])
            let once = row.id + Array(end.rfc3339.utf8)
            var isNew = false
            if case .person(let grantor) = exemption.grantedBy {
                isNew = try tell(grantor, notice, once: once, in: row.tenant, tx)
            }
            try announce(notice, once: once, in: row.tenant, tx)
            return isNew
        }
    }
}
