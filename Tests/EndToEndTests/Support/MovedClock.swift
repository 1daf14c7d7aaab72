import Gateway
import Synchronization
import Vocabulary

/// A clock that stands still until it is moved; it begins at the present unless said otherwise, so that what is made by
/// a real one fits.
final class MovedClock: Sendable {
    private let moment: Mutex<Timestamp>

    init(_ start: Timestamp = SystemClock.now()) { moment = Mutex(start) }

    var value: Timestamp {
        get { moment.withLock { $0 } }
        set { moment.withLock { $0 = newValue } }
    }

    /// What a gateway or a store is opened with.
    var now: @Sendable () -> Timestamp { { self.value } }

    func advance(_ by: Duration) { moment.withLock { $0 = $0 + by } }
}
