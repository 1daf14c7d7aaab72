import Governance
import Storage
import Vocabulary

extension GovernanceService {
    /// Writes what time alone has made due, in every tenant: the ends of exemptions. Answers how many ended. One that
    /// fails keeps none of the others; the first failure is thrown after all were tried, and all are tried again later.
    @discardableResult public func endWhatIsDue(now: Timestamp, limit: Int = 1_000) async throws -> Int {
        let kind = StreamKind.governed(Exemption.aggregate.kind)
        let rows = try await store.read { try $0.governedDue(kind, at: now, limit: limit) }
        var (ended, failure): (Int, (any Error)?) = (0, nil)
        for row in rows {
            do {
                if try await end(row, now) { ended += 1 }
            } catch let fault as Fault where fault.code == "storage.conflict" {
                // Somebody revoked it at this moment; what is left of it is due at the next round.
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return ended
    }

    private func end(_ row: GovernedRow, _ now: Timestamp) async throws -> Bool {
        guard let id = ExemptionID(bytes: row.id) else { return false }
        let (stream, keys) = (exemption(id), store.keys)
        let caller = Caller(tenant: row.tenant, actor: .system("scheduler"), command: .random(at: now))
        let loaded = try await store.read { try stream.load($0, in: row.tenant, keys: keys) }
        let events = loaded.state?.due(at: now) ?? []
        guard !events.isEmpty else { return false }
        var plan = GovernancePlan(stream.stream, version: loaded.version)
        plan.write(events, to: loaded, of: stream, by: caller, cadence: cadence) { GovernedRow($0, at: $1, in: $2) }
        let final = plan
        _ = try await store.write(.administration) { try final.commit($0, in: row.tenant) }
        return true
    }
}
