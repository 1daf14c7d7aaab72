import Governance
import Storage
import Vocabulary

extension GovernanceService {
    /// Writes what time alone has made due, in every tenant: the ends of exemptions and assignments, and the reminders,
    /// escalations and ends of approvals. Answers how many things changed. One that fails keeps none of the others; the
    /// first failure is thrown after all were tried, and all are tried again later.
    @discardableResult public func endWhatIsDue(now: Timestamp, limit: Int = 1_000) async throws -> Int {
        let kinds = [Exemption.aggregate.kind, EntitlementAssignment.aggregate.kind, Approval.aggregate.kind]
        let rows = try await store.read { sql in
            try kinds.flatMap { try sql.governedDue(.governed($0), at: now, limit: limit) }
        }
        var (changed, failure): (Int, (any Error)?) = (0, nil)
        for row in rows {
            do { if try await end(row) { changed += 1 } } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        return changed
    }

    private func end(_ row: GovernedRow) async throws -> Bool {
        let caller = Caller(tenant: row.tenant, actor: .system("scheduler"), command: .random(at: clock()))
        return try await store.govern(by: caller) { [cadence, tally = table?.approvalTally] writer in
            var writer = writer
            writer.cadence = cadence
            return try writer.endWhatIsDue(row, tally)
        }
    }
}

extension GovernedWriter {
    /// Writes what is due of one thing; false when nothing is, because somebody was quicker.
    fileprivate func endWhatIsDue(_ row: GovernedRow, _ tally: ApprovalTally?) throws -> Bool {
        switch row.kind {
        case .governed(Exemption.aggregate.kind):
            guard let id = ExemptionID(bytes: row.id) else { return false }
            return try settle(Governed.exemption(id), "exemption", row: GovernedRow.init) { $0.due(at: now) } != nil
        case .governed(EntitlementAssignment.aggregate.kind):
            guard let id = EntitlementAssignmentID(bytes: row.id),
                let known = try view.load(Governed.assignment(id)).state
            else { return false }
            let events = known.due(
                at: now, source: try known.delegatedFrom.flatMap { try view.load(Governed.assignment($0)).state })
            guard !events.isEmpty else { return false }
            try end(id) { _ in events }
            return true
        default:
            guard let id = ApprovalID(bytes: row.id) else { return false }
            var isDue = false
            let after = try changeApproval(id, counting: tally) { approval in
                let events = approval.due(at: now)
                isDue = !events.isEmpty
                return events
            }
            // What ends by time ends an assignment at most, and begins none.
            if isDue { try follow(after, nil) }
            return isDue
        }
    }

    private func settle<State, Event>(
        _ stream: GovernedStream<State, Event>, _ what: String, row: (State, Int64, TenantID) -> GovernedRow,
        _ due: (State) -> [Event]
    ) throws -> State? {
        var isDue = false
        let after = try change(stream, what, row: row) { state in
            let events = due(state)
            isDue = !events.isEmpty
            return events
        }
        return isDue ? after.state : nil
    }
}
