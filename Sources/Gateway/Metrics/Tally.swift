import Synchronization

/// Counts of what belongs to a closed set, for metrics. For what happens seldom: a refusal, a login, a job.
final class Tally<Key: Hashable & Sendable>: Sendable {
    private let memory = Mutex<[Key: Int]>([:])

    func count(_ key: Key) { memory.withLock { $0[key, default: 0] += 1 } }

    /// What was counted so far; a key that never was is absent.
    var counts: [Key: Int] { memory.withLock { $0 } }
}
