import Synchronization
import Vocabulary

/// A bounded buffer between request threads and the recorder's thread.
final class DecisionShard: Sendable {
    /// Gaps are kept apart for this many tenants; beyond, they are only in the statistics.
    private static let gapTenants = 1_024

    struct State {
        var waiting: [RecordedDecision] = []
        var gaps: [TenantID: DecisionGap] = [:]
        var recorded: Int64 = 0
        var lost: Int64 = 0
        var overflowed: Int64 = 0
        var isShut = false
    }
    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Adds a decision. `fill` is true when the buffer just became half full and should be emptied early.
    @inline(__always)
    func append(_ decision: consuming RecordedDecision) -> (result: RecordResult, fill: Bool) {
        var slot: RecordedDecision? = consume decision
        return state.withLock { state in
            guard state.waiting.count < capacity, !state.isShut else {
                return (Self.refuse(slot.take()!, &state), false)
            }
            state.waiting.append(slot.take()!)
            state.recorded += 1
            return (.recorded, state.waiting.count == capacity / 2)
        }
    }

    @inline(never)
    private static func refuse(_ decision: RecordedDecision, _ state: inout State) -> RecordResult {
        let mustDeny = decision.enforcement >= .mandatory
        var gap = DecisionGap(first: decision.at, last: decision.at)
        if mustDeny { gap.overflowed = 1 } else { gap.lost = 1 }
        state.lost += gap.lost
        state.overflowed += gap.overflowed
        let tenant = decision.asker.tenant
        if state.gaps[tenant] != nil || state.gaps.count < gapTenants {
            state.gaps[tenant, default: DecisionGap(first: decision.at, last: decision.at)].merge(gap)
        }
        return mustDeny ? .overflowed : .lost
    }

    /// Takes everything that waits, leaving an empty buffer in its place.
    func take(into spare: inout [RecordedDecision]) -> [TenantID: DecisionGap] {
        spare.removeAll(keepingCapacity: true)
        return state.withLock { state in
            swap(&state.waiting, &spare)
            let gaps = state.gaps
            state.gaps = [:]
            return gaps
        }
    }

    /// Refuses everything from now on: what cannot be written must not be said to be recorded.
    func shut() {
        state.withLock { $0.isShut = true }
    }

    func count(into statistics: inout DecisionRecorderStatistics) {
        state.withLock {
            statistics.recorded += $0.recorded
            statistics.lost += $0.lost
            statistics.overflowed += $0.overflowed
        }
    }
}
