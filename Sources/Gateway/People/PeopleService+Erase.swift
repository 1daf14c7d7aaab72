import Identity
import Storage
import Vocabulary

extension PeopleService {
    /// Destroys everything personal about somebody: row, credentials, sessions, waiting plans of directory jobs, and the
    /// key of their journal sections and recorded decisions. Returns once that is durable and noted in the erasure log
    /// outside the database.
    ///
    /// - Throws: `not_found`; `conflict` for the last one who holds a protected role and can sign in;
    ///   `erasure.not_kept` when it is done but could not be noted outside yet.
    public func erase(_ id: PersonID, by caller: Caller) async throws {
        let ways = providers.ways(in: caller.tenant)
        let erased = try await store.write(.revocation) { [live, standings] tx in
            guard try tx.sql.person(id, in: caller.tenant) != nil else { throw Fault.notFound("person") }
            try SessionService.endAll(of: id, .personDisabled, by: caller, live, tx)
            try ProtectedHolders.keep(in: caller.tenant, ways, tx) { try Self.eraseRows(of: id, by: caller, tx) }
            try tx.erase(id, caller.context)
            tx.afterCommit { standings.forget(.person(id), in: caller.tenant) }
            return ErasedPerson(tenant: caller.tenant, person: id, at: tx.now)
        }
        try store.keepErasures([erased])
    }

    /// What of a person stands in rows; the journal's part is `Transaction.erase`. A restore repeats both.
    static func eraseRows(of id: PersonID, by caller: Caller, _ tx: Transaction) throws {
        let position = try tx.position(of: caller.tenant)
        _ = try tx.sql.deletePerson(id, in: caller.tenant, at: position + 1)
        try tx.sql.dropNotifications(of: id)
        // A held plan has the directory's entry of everybody it would change.
        for run in try tx.sql.dropHeldPlans(in: caller.tenant, decidedBy: "system:erasure", at: tx.now) {
            try tx.append(
                caller.event(
                    "sync_run.dropped", Stream("sync_run", run), facts: [Fact("reason", .word("person_erased"))]))
        }
    }
}
