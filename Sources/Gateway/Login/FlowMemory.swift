import Identity
import Storage
import Synchronization
import Vocabulary

/// The flows that are under way here, as their rows hold them: a browser's next step finds its record without reading
/// and decoding it. Filled in `afterCommit` closures alone, in commit order, so it never runs ahead of the rows nor falls
/// behind them; the writer still moves a flow only where its row has the revision that was read.
///
/// A flow that is not here (after a restart, or past the limit) is read from its row.
final class FlowMemory: Sendable {
    /// Past this many, everything is forgotten: rare, and cheaper than an order of use. A few megabytes.
    static let limit = 10_000

    private let flows = Mutex<[FlowID: LoginFlow]>([:])

    /// The flow, for its own tenant only. One that has expired is looked for in the rows, where it may be gone by now.
    func find(_ id: FlowID, in tenant: TenantID, at now: Timestamp) -> LoginFlow? {
        flows.withLock { $0[id] }.flatMap { $0.tenant == tenant && now < $0.expiresAt ? $0 : nil }
    }

    /// Remembers the flow once the transaction that wrote it is durable. One that is over is asked for again only by a
    /// form sent twice.
    func keep(_ flow: LoginFlow, after tx: Transaction) {
        tx.afterCommit { [self] in
            flows.withLock { flows in
                if flow.step == .completed || flow.step == .ended {
                    flows[flow.id] = nil
                } else {
                    if flows.count >= Self.limit { flows.removeAll() }
                    flows[flow.id] = flow
                }
            }
        }
    }

    /// Forgets every flow; each is read from its row again.
    func forgetAll() { flows.withLock { $0 = [:] } }

    /// How many are remembered.
    var count: Int { flows.withLock(\.count) }
}
