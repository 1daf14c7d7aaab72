import Governance
import Synchronization
import Vocabulary

/// What is counted under each rule, as it is committed: decisions read it, and nothing but a commit changes it.
final class LimitMemory: Sendable {
    private struct Key: Hashable {
        let tenant: TenantID
        let rule: RuleID
    }

    private let ledgers = Mutex<[Key: LimitLedger]>([:])

    /// The newest ledger of a rule that is known; nil when nothing was ever counted under it.
    func ledger(of rule: RuleID, in tenant: TenantID) -> LimitLedger? {
        ledgers.withLock { $0[Key(tenant: tenant, rule: rule)] }
    }

    /// Keeps a ledger, unless a newer one is known: two commits may be told in either order.
    func keep(_ ledger: LimitLedger, in tenant: TenantID) {
        ledgers.withLock { ledgers in
            let key = Key(tenant: tenant, rule: ledger.rule)
            guard (ledgers[key]?.version ?? -1) < ledger.version else { return }
            ledgers[key] = ledger
        }
    }
}
