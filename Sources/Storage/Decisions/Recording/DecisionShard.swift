import Synchronization
import Vocabulary

/// A bounded buffer of parcels between request threads and the recorder's thread.
final class DecisionShard: Sendable {
    /// Gaps are kept apart for this many tenants; beyond, they are only in the statistics.
    private static let gapTenants = 1_024

    /// What one look of the recorder's thread takes away.
    struct Load {
        /// Parcels, one after another.
        var bytes: [UInt8] = []
        var count = 0
        /// What the parcels' basis numbers mean.
        var bases: [RecordedBasis] = []
        var gaps: [TenantID: DecisionGap] = [:]

        fileprivate mutating func empty() {
            // A burst must not hold its memory for ever.
            bytes.removeAll(keepingCapacity: bytes.count >= bytes.capacity / 8)
            bases.removeAll(keepingCapacity: true)
            gaps = [:]
            count = 0
        }
    }

    private struct State {
        var load = Load()
        /// Counted under the lock that handing over takes anyway: a count of its own would be shared by all threads.
        var answered = AnsweredDecisions()
        var recorded: Int64 = 0
        var lost: Int64 = 0
        var overflowed: Int64 = 0
        var isShut = false
    }
    private let state = Mutex(State())
    private let capacity: Int
    private let byteCapacity: Int
    /// The recorder is woken at this many: memory that is handed back while it is still in a cache costs a fraction.
    private let fillBytes: Int
    private let ids: DecisionIDSource

    init(capacity: Int, bytes: Int) {
        self.capacity = max(1, capacity)
        byteCapacity = max(1, bytes)
        fillBytes = min(max(1, bytes / 2), 256 << 10)
        ids = DecisionIDSource()
    }

    /// A fresh id, near to the one before.
    @inline(__always)
    func nextID(at now: Timestamp) -> DecisionID { ids.next(at: now) }

    /// Adds a parcel. `fill` is true when the buffer has just become so full that it should be emptied early.
    func append(
        _ parcel: UnsafeRawBufferPointer, _ basis: RecordedBasis
    ) -> (result: RecordResult, fill: Bool) {
        state.withLock { state in
            let before = state.load.bytes.count
            guard state.load.count < capacity, before + parcel.count <= byteCapacity, !state.isShut else {
                return (Self.refuse(DecisionParcel(parcel, at: 0), &state), false)
            }
            state.answered.counts[DecisionParcel(parcel, at: 0).answered] += 1
            state.load.bytes.append(contentsOf: parcel)
            let number = Self.number(of: basis, &state.load.bases)
            if number != 0 {
                state.load.bytes.withUnsafeMutableBytes {
                    $0.storeBytes(
                        of: number, toByteOffset: before + MemoryLayout<DecisionParcel.Head>.offset(of: \.basis)!,
                        as: UInt32.self)
                }
            }
            state.load.count += 1
            state.recorded += 1
            let isFilling = before < fillBytes && state.load.bytes.count >= fillBytes
            return (.recorded, isFilling || state.load.count == capacity / 2)
        }
    }

    @inline(__always)
    private static func number(of basis: RecordedBasis, _ bases: inout [RecordedBasis]) -> UInt32 {
        // One index decides nearly everything, and the newest is the last.
        if let last = bases.last, last === basis { return UInt32(bases.count - 1) }
        if let known = bases.firstIndex(where: { $0 === basis }) { return UInt32(known) }
        bases.append(basis)
        return UInt32(bases.count - 1)
    }

    @inline(never)
    private static func refuse(_ parcel: DecisionParcel, _ state: inout State) -> RecordResult {
        let mustDeny = parcel.isMandatory
        state.answered.counts[mustDeny ? AnsweredDecisions.deny : parcel.answered] += 1
        var gap = DecisionGap(first: parcel.at, last: parcel.at)
        if mustDeny { gap.overflowed = 1 } else { gap.lost = 1 }
        state.lost += gap.lost
        state.overflowed += gap.overflowed
        let tenant = parcel.tenant
        if state.load.gaps[tenant] != nil || state.load.gaps.count < gapTenants {
            state.load.gaps[tenant, default: DecisionGap(first: parcel.at, last: parcel.at)].merge(gap)
        }
        return mustDeny ? .overflowed : .lost
    }

    /// Takes everything that waits, leaving an empty buffer in its place.
    func take(into spare: inout Load) {
        spare.empty()
        state.withLock { swap(&$0.load, &spare) }
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
            statistics.answered.counts &+= $0.answered.counts
            statistics.waiting += $0.load.count
            statistics.waitingBytes += $0.load.bytes.count
        }
    }
}
