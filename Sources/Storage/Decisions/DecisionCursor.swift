import Synchronization
import Vocabulary

extension DecisionLog {
    /// Goes through the decisions of a time, oldest first, each segment once however many there are.
    public func cursor(_ tenant: TenantID, _ filter: Filter) throws -> DecisionCursor {
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0) })
        let names = try folder.segments(tenant).filter {
            filter.admits(segment: SegmentFolder.first($0) ?? 0, sums[$0])
        }
        return DecisionCursor(log: self, tenant: tenant, filter: filter, segments: names)
    }
}

/// A place in the record of decisions, to go on from. It holds one frame at a time.
///
/// Blocking: it reads files. Call it off the cooperative pool.
public final class DecisionCursor: Sendable {
    private struct State {
        /// Not opened yet, the newest first.
        var segments: [String]
        var name = ""
        var frames: SegmentFrames?
        var decoder: SegmentDecoder?
        /// Of the frame that was read last, the newest first.
        var pending: [StoredDecision] = []
    }

    private let log: DecisionLog
    private let tenant: TenantID
    private let filter: DecisionLog.Filter
    private let state: Mutex<State>

    fileprivate init(log: DecisionLog, tenant: TenantID, filter: DecisionLog.Filter, segments: [String]) {
        (self.log, self.tenant, self.filter) = (log, tenant, filter)
        state = Mutex(State(segments: segments.reversed()))
    }

    /// The next decisions, at most `limit`; none at the end. Throws `storage.file`, `decisions.damaged`.
    public func next(_ limit: Int) throws -> [StoredDecision] {
        try state.withLock { state in
            var found: [StoredDecision] = []
            while found.count < limit {
                if let record = state.pending.popLast() {
                    if let frames = state.frames { found.append(try log.opened(record, frames)) }
                } else if try !advance(&state) {
                    break
                }
            }
            return found
        }
    }

    /// Reads one frame, or opens the next segment; false at the end of all.
    private func advance(_ state: inout State) throws -> Bool {
        guard let frames = state.frames else { return try openNext(&state) }
        switch try frames.next() {
        case .end: state.frames = nil
        case .damaged:
            // A torn end is expected only of one that is not yet journalled.
            if log.folder.hasSum(tenant, state.name) { throw DecisionLog.damaged(state.name) }
            state.frames = nil
        case .frame(let payload, let offset):
            var records: [StoredDecision] = []
            try state.decoder?.decode(payload, at: offset) { item in
                if case .record(let record) = item, filter.admits(record) { records.append(record) }
            }
            state.pending = records.reversed()
        }
        return true
    }

    private func openNext(_ state: inout State) throws -> Bool {
        guard let name = state.segments.popLast() else { return false }
        // A segment may be deleted by retention between listing and reading: then it has nothing to tell.
        guard let frames = try SegmentFrames(log.folder.path(tenant, name)) else { return true }
        guard frames.header.tenant == tenant else { throw DecisionLog.damaged(name) }
        (state.name, state.frames, state.decoder) = (name, frames, SegmentDecoder(frames.header))
        return true
    }
}
