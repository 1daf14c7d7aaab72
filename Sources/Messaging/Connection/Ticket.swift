import Synchronization

/// Joins the cancelling of a task with the request that it waits for, whichever of both comes first.
final class Ticket: Sendable {
    private struct State {
        var number: UInt64?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let replies: ReplyTable

    init(_ replies: ReplyTable) { self.replies = replies }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func begin(_ number: UInt64) {
        let isCancelled = state.withLock { state in
            state.number = number
            return state.isCancelled
        }
        if isCancelled { replies.finish(number, .failure(.closed)) }
    }

    func cancel() {
        let number = state.withLock { state in
            state.isCancelled = true
            return state.number
        }
        if let number { replies.finish(number, .failure(.closed)) }
    }
}
