import CNATS
import Dispatch
import Foundation
import Synchronization

/// One attempt at one server, on a thread of its own: the library waits for a TLS handshake without limit, so that an attempt
/// may have to be left behind. What comes of it later is closed.
final class ConnectAttempt: Sendable {
    /// A connection of the library, owned by who takes it.
    struct Connection: @unchecked Sendable {
        // @unchecked Sendable: the library locks what is behind the pointer.
        let pointer: OpaquePointer
    }

    enum Outcome: Sendable {
        case connected(Connection)
        case failed(ConnectionTrouble)
    }

    private enum State: Sendable {
        case running
        case done(Outcome)
        case abandoned
    }

    /// How many attempts of this process hang.
    private static let hanging = Atomic(0)
    static let hangingLimit = 16

    private let state = Mutex(State.running)
    private let done = DispatchSemaphore(value: 0)

    /// Tries, and waits for at most `limit`.
    static func run(
        _ server: MessagingServer, limit: Duration,
        _ connect: @escaping @Sendable () -> Outcome
    ) -> Outcome {
        guard hanging.load(ordering: .relaxed) < hangingLimit else {
            return .failed(ConnectionTrouble(.timedOut, "earlier attempts still hang", server: server.description))
        }
        let attempt = ConnectAttempt()
        let thread = Thread { attempt.finish(connect()) }
        thread.name = "nats-connect"
        thread.stackSize = 1 << 20
        thread.start()
        _ = attempt.done.wait(timeout: .now() + .milliseconds(Int(limit.milliseconds)))
        return attempt.state.withLock { state in
            if case .done(let outcome) = state { return outcome }
            state = .abandoned
            hanging.add(1, ordering: .relaxed)
            return .failed(ConnectionTrouble(.timedOut, "the handshake does not end", server: server.description))
        }
    }

    private func finish(_ outcome: Outcome) {
        let isAbandoned = state.withLock { state -> Bool in
            if case .abandoned = state { return true }
            state = .done(outcome)
            return false
        }
        done.signal()
        guard isAbandoned else { return }
        Self.hanging.subtract(1, ordering: .relaxed)
        if case .connected(let connection) = outcome { natsConnection_Destroy(connection.pointer) }
    }
}
