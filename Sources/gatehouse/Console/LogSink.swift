import Dispatch
import Foundation
import Synchronization

/// Where log lines go. A line for each request would be a call of the kernel for each: those of ordinary levels are
/// written together, a twentieth of a second late at most, and warnings at once with everything before them.
final class LogSink: Sendable {
    static let standardError: LogSink = {
        atexit { LogSink.standardError.flush() }
        return LogSink(descriptor: STDERR_FILENO)
    }()

    private struct State {
        var waiting: [UInt8] = []
        var isFlushDue = false
    }

    private static let delay: DispatchTimeInterval = .milliseconds(50)
    private static let fill = 32 << 10
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "gatehouse-log")
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Takes a whole line.
    func write(_ line: [UInt8], isUrgent: Bool) {
        let begins = state.withLock { state in
            state.waiting += line
            if isUrgent || state.waiting.count >= Self.fill { empty(&state) }
            guard !state.waiting.isEmpty, !state.isFlushDue else { return false }
            state.isFlushDue = true
            return true
        }
        if begins { queue.asyncAfter(deadline: .now() + Self.delay) { [self] in flush() } }
    }

    /// Writes what waits.
    func flush() {
        state.withLock { state in
            state.isFlushDue = false
            empty(&state)
        }
    }

    // Under the lock, so that lines stay in order.
    private func empty(_ state: inout State) {
        guard !state.waiting.isEmpty else { return }
        Console.write(state.waiting, to: descriptor)
        state.waiting.removeAll(keepingCapacity: true)
    }
}
