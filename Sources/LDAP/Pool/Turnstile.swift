import Synchronization

/// Lets so many in at once, and so many more wait in order, for so long.
final class Turnstile: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<LDAPError?, Never>
        let timer: Task<Void, Never>
    }

    private struct State {
        var free: Int
        var nextNumber: UInt64 = 0
        var waiting: [Waiter] = []
        /// Cancelled before they could wait.
        var withdrawn: Set<UInt64> = []
        var refused = 0
    }

    private let state: Mutex<State>
    private let places: Int
    private let waitingLimit: Int
    private let longestWait: Duration

    init(places: Int, waitingLimit: Int, longestWait: Duration) {
        self.places = max(1, places)
        state = Mutex(State(free: max(1, places)))
        self.waitingLimit = waitingLimit
        self.longestWait = longestWait
    }

    /// Takes a place, which `leave` gives back.
    ///
    /// - Throws: `LDAPError.poolExhausted`, or `.cancelled` when the task is.
    func enter() async throws(LDAPError) {
        let number = state.withLock { state -> UInt64? in
            guard state.free == 0 || !state.waiting.isEmpty else {
                state.free -= 1
                return nil
            }
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        guard let number else { return }
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(number, $0) }
        } onCancel: {
            dismiss(number, .cancelled)
        }
        state.withLock { state in
            state.withdrawn.remove(number)
            if failure == .poolExhausted { state.refused += 1 }
        }
        if let failure { throw failure }
    }

    var load: (inUse: Int, waiting: Int, refused: Int) {
        state.withLock { (places - $0.free, $0.waiting.count, $0.refused) }
    }

    func leave() {
        let next = state.withLock { state -> Waiter? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.timer.cancel()
        next?.continuation.resume(returning: nil)
    }

    private func wait(_ number: UInt64, _ continuation: CheckedContinuation<LDAPError?, Never>) {
        let verdict = state.withLock { state -> LDAPError?? in
            if state.withdrawn.contains(number) { return .some(.cancelled) }
            if state.free > 0 {
                state.free -= 1
                return .some(nil)
            }
            if state.waiting.count >= waitingLimit { return .some(.poolExhausted) }
            state.waiting.append(Waiter(number: number, continuation: continuation, timer: timer(number)))
            return nil
        }
        if let verdict { continuation.resume(returning: verdict) }
    }

    private func timer(_ number: UInt64) -> Task<Void, Never> {
        Task { [weak self, longestWait] in
            guard (try? await Task.sleep(for: longestWait)) != nil else { return }
            self?.dismiss(number, .poolExhausted)
        }
    }

    private func dismiss(_ number: UInt64, _ error: LDAPError) {
        let waiter = state.withLock { state -> Waiter? in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                if error == .cancelled { state.withdrawn.insert(number) }
                return nil
            }
            return state.waiting.remove(at: place)
        }
        waiter?.timer.cancel()
        waiter?.continuation.resume(returning: error)
    }
}
