import Synchronization

/// The requests that wait for their answers, by the last token of the inbox that each answer comes to.
final class ReplyTable: Sendable {
    typealias Completion = @Sendable (Result<IncomingMessage, MessagingError>) -> Void

    private struct Waiting {
        let subject: String
        let deadline: ContinuousClock.Instant
        let completion: Completion
    }

    private struct State {
        var waiting: [UInt64: Waiting] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.waiting.count } }

    /// A number for a request; nil when too many wait.
    func add(_ subject: String, timeout: Duration, _ completion: @escaping Completion) -> UInt64? {
        let deadline = ContinuousClock.now + timeout
        return state.withLock { state in
            guard state.waiting.count < limit else { return nil }
            state.last += 1
            state.waiting[state.last] = Waiting(subject: subject, deadline: deadline, completion: completion)
            return state.last
        }
    }

    /// Ends the waiting of one request; nothing happens where it has ended already.
    func finish(_ number: UInt64, _ result: Result<IncomingMessage, MessagingError>) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.completion(result)
    }

    /// Ends the waiting of all whose time is over.
    func expire(now: ContinuousClock.Instant = .now) { fail(.timedOut) { $0.deadline <= now } }

    /// Ends the waiting of all, because the connection ended.
    func failAll(_ error: MessagingError) { fail(error) { _ in true } }

    /// Ends the waiting of those that the server did not let through.
    func refuse(subject: String) { fail(.notPermitted(subject: subject)) { $0.subject == subject } }

    private func fail(_ error: MessagingError, _ isMeant: (Waiting) -> Bool) {
        let ended = state.withLock { state -> [Completion] in
            let numbers = state.waiting.filter { isMeant($0.value) }.map(\.key)
            return numbers.sorted().compactMap { state.waiting.removeValue(forKey: $0)?.completion }
        }
        for completion in ended { completion(.failure(error)) }
    }
}
