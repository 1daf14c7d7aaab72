import Synchronization
import Vocabulary

/// Draws ids for decisions: version 7 UUIDs (RFC 9562 §5.7) whose random part is drawn once and then counts up (§6.2,
/// method 2), because a draw from the system for each costs as much as the decision, and because the ids of one fold
/// must lie close together.
final class DecisionIDSource: Sendable {
    private let variant: UInt64 = 0x8000_0000_0000_0000
    private let high: UInt64
    private let count: Atomic<UInt64>

    init() {
        var generator = SystemRandomNumberGenerator()
        high = 0x7000 | generator.next() & 0x0FFF
        // Two sources meet only if their 74 random bits come within one's count of the other's.
        count = Atomic(generator.next())
    }

    /// A fresh id; never the same twice while the process lives.
    @inline(__always)
    func next(at now: Timestamp) -> DecisionID {
        let milliseconds = UInt64(max(0, now.microseconds / 1_000)) & 0xFFFF_FFFF_FFFF
        let number = count.add(1, ordering: .relaxed).newValue & 0x3FFF_FFFF_FFFF_FFFF
        return DecisionID(high: milliseconds << 16 | high, low: variant | number)
    }
}
