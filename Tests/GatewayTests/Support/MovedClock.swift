import Gateway
import Synchronization
import Vocabulary

/// A clock that stands still until it is moved; it begins at the present unless said otherwise, so that what is made by
/// a real one fits.
final class MovedClock: Sendable {
    private let moment: Mutex<Timestamp>
    private let passed = Mutex(Duration.seconds(1_000))

    init(_ start: Timestamp = SystemClock.now()) { moment = Mutex(start) }

    var value: Timestamp {
        get { moment.withLock { $0 } }
        set { moment.withLock { $0 = newValue } }
    }

    /// What a gateway or a store is opened with.
    var now: @Sendable () -> Timestamp { { self.value } }

    /// Time that only passes, beside the one that can be set.
    var uptime: @Sendable () -> Duration { { self.passed.withLock { $0 } } }

    /// Lets time pass.
    func advance(_ by: Duration) {
        moment.withLock { $0 = $0 + by }
        passed.withLock { $0 += by }
    }

    /// Sets the clock, and no time passes.
    func leap(_ by: Duration) { moment.withLock { $0 = $0 + by } }
}
