import OAuth
import Synchronization
import Vocabulary

/// How many wrong codes people typed lately (RFC 8628 §5.1). In memory: it bounds guesses per time, and a restart gives
/// nobody more than a few.
final class DeviceAttempts: Sendable {
    private let memory = Mutex<[PersonID: UserCode.Attempts]>([:])

    func isAllowed(_ person: PersonID, at now: Int64) -> Bool {
        memory.withLock { $0[person] }.map { $0.isAllowed(now: now) } ?? true
    }

    func noteWrong(_ person: PersonID, at now: Int64) {
        memory.withLock { memory in
            // What is over says nothing any more.
            if memory.count > 10_000 { memory = memory.filter { !$0.value.isAllowed(now: now) } }
            memory[person] = (memory[person] ?? UserCode.Attempts(now: now)).afterWrong(now: now)
        }
    }
}
