import Synchronization
import Vocabulary

/// A clock that a test moves.
final class Moment: Sendable {
    private let now: Mutex<Timestamp>
    init(_ start: Timestamp) { now = Mutex(start) }
    var value: Timestamp {
        get { now.withLock { $0 } }
        set { now.withLock { $0 = newValue } }
    }
}
