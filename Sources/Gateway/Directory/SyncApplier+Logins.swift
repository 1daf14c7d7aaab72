import Identity
import Storage
import Vocabulary

extension SyncApplier {
    /// People who give up logins to each other in one body, at most; a longer circle is left out.
    static let circleLimit = 256

    /// Makes a login free that somebody has who is to get another one by the same plan: whoever stands in the way is
    /// changed first, and of people who exchange theirs in a circle `person` steps aside meanwhile. False, with nothing
    /// changed, when somebody keeps it.
    func free(
        _ login: String, for person: PersonID?, of job: SyncService.Job, _ tx: Transaction
    ) throws -> Bool {
        var chain: [Identity.PersonChange] = []
        var wanted = login
        var isCircle = false
        while let holder = try tx.sql.person(login: wanted, in: job.row.tenant) {
            if holder.id == person {
                isCircle = true
                break
            }
            guard chain.count < Self.circleLimit, let change = keys.moving[holder.id], moves(change, holder),
                let next = change.record?.login, NameKey.of(next) != NameKey.of(wanted)
            else { return false }
            chain.append(change)
            wanted = next
        }
        // The same login in another spelling is in nobody's way.
        if chain.isEmpty { return true }
        if isCircle, let person { try tx.sql.parkLogin(of: person) }
        for change in chain.reversed() {
            guard try apply(change, of: job, tx) else { throw Fault.stale("person") }
            if let id = change.id { keys.noteEarly(id) }
        }
        return true
    }

    /// Whether the change is still to come and will be carried out.
    private func moves(_ change: Identity.PersonChange, _ holder: Person) -> Bool {
        change.version == holder.version && !change.kind.isRevocation
            && (holder.managedBy == .sync || change.kind == .change || change.kind == .rename)
    }
}
