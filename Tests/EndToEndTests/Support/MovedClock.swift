import Gateway
import Synchronization
import Vocabulary

/// A clock that stands still until it is moved; it begins at the present, so that what is made by a real one fits.
final class MovedClock: Sendable {
    private let moment = Mutex(SystemClock.now())

    var now: @Sendable () -> Timestamp { { self.moment.withLock { $0 } } }

    func advance(_ by: Duration) { moment.withLock { $0 = $0 + by } }
}
