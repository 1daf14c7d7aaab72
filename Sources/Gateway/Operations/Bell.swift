import Synchronization
import Vocabulary

/// Wakes whoever waits for work: rung after the commit that left some, so that nobody has to look again and again. A ring
/// while somebody is at work is not lost: they are told when they wait next.
final class Bell: Sendable {
    private struct State {
        var rings = 0
        var next = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var abandoned: Set<Int> = []
    }

    /// However much is due, nobody is looked for more often: what could not be written down would be told without end.
    static let shortestPause: Duration = .milliseconds(500)
    /// Looked at all the same: a due time that could not be read would be waited for in vain.
    static let longestPause: Duration = .minutes(1)

    private let state = Mutex(State())

    /// How often it was rung.
    var rings: Int { state.withLock { $0.rings } }

    func ring() {
        let woken = state.withLock { state in
            state.rings += 1
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Does the work, waits until it is rung or the work is due again, and so on until the task is cancelled.
    ///
    /// - Parameter work: answers when it is due again; nil where nothing waits.
    func follow(
        clock: @Sendable () -> Timestamp, isolation: isolated (any _Concurrency.Actor)? = #isolation,
        _ work: () async -> Timestamp?
    ) async {
        while !Task.isCancelled {
            let heard = rings
            let due = await work()
            let pause = due.map { $0.microseconds - clock().microseconds }.map { Duration.microseconds($0) }
            await wait(past: heard, for: max(Self.shortestPause, min(pause ?? Self.longestPause, Self.longestPause)))
        }
    }

    /// Returns when it has been rung more often than `heard`, after `limit`, or when the task is cancelled.
    func wait(past heard: Int, for limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: limit) }
            group.addTask { await self.rung(past: heard) }
            await group.next()
            group.cancelAll()
        }
    }

    private func rung(past heard: Int) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.rings == heard, state.abandoned.remove(number) == nil else { return true }
                    state.waiting[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                if let waiting = state.waiting.removeValue(forKey: number) { return waiting as CheckedContinuation? }
                state.abandoned.insert(number)
                return nil
            }
            waiting?.resume()
        }
        state.withLock { _ = $0.abandoned.remove(number) }
    }
}
