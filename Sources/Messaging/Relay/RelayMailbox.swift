import Synchronization

/// What became of events in flight, and wakes, for the one task that waits for either.
final class RelayMailbox: Sendable {
    /// What became of one event.
    struct Outcome: Sendable {
        /// The attempt that it was sent in: what comes from an earlier one is passed over.
        let attempt: Int
        let sequence: UInt64
        let result: Result<IncomingMessage, MessagingError>
    }

    private struct State {
        var outcomes: [Outcome] = []
        var isWoken = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func post(_ outcome: Outcome) { resume { $0.outcomes.append(outcome) } }
    func wake() { resume { $0.isWoken = true } }

    private func resume(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for something to come, then takes it all. One task only.
    func take() async -> (outcomes: [Outcome], isWoken: Bool) {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isThere = state.withLock { state in
                    if !state.outcomes.isEmpty || state.isWoken { return true }
                    state.waiter = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        return state.withLock { state in
            defer { (state.outcomes, state.isWoken) = ([], false) }
            return (state.outcomes, state.isWoken)
        }
    }
}
