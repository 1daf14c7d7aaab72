import Storage
import Synchronization
import Vocabulary

/// States of governed things by version, so that a reload folds only what has changed since the last one.
final class GovernedMemory: Sendable {
    private struct Key: Hashable {
        let tenant: TenantID
        let stream: Stream
    }

    /// States kept at most; past it all are forgotten, and folded again when they are needed.
    private static let capacity = 20_000

    private let states = Mutex<[Key: (version: Int64, state: any Sendable)]>([:])

    /// The state at the version of its row, folded now if another one is known.
    ///
    /// - Parameter isCommitted: false inside a transaction, whose versions may yet come to nothing: none is kept.
    func state<State: Sendable>(
        _ stream: Stream, of row: GovernedRow, isCommitted: Bool, _ load: () throws -> State?
    ) rethrows -> State? {
        let key = Key(tenant: row.tenant, stream: stream)
        if let known = states.withLock({ $0[key] }), known.version == row.version, let state = known.state as? State {
            return state
        }
        guard let state = try load() else { return nil }
        guard isCommitted else { return state }
        states.withLock { states in
            if states.count >= Self.capacity { states.removeAll() }
            states[key] = (row.version, state)
        }
        return state
    }
}
