import Synchronization
import Vocabulary

/// How often each of many may come in a minute. Bounded in memory: beyond `capacity` keys the table begins anew, which
/// lets a few through early rather than growing.
final class MinuteBudget<Key: Hashable & Sendable>: Sendable {
    private struct Table {
        var minute: Int64 = 0
        var counts: [Key: Int] = [:]
    }

    private let capacity = 100_000
    private let limit: Int
    private let table = Mutex(Table())

    init(perMinute limit: Int) { self.limit = limit }

    /// - Throws: `Refusal.tooManyRequests` with the seconds until the next minute.
    func admit(_ key: Key, at now: Timestamp) throws {
        let minute = now.seconds / 60
        let isOver = table.withLock { table in
            if table.minute != minute || table.counts.count >= capacity { table = Table(minute: minute) }
            table.counts[key, default: 0] += 1
            return table.counts[key, default: 0] > limit
        }
        if isOver { throw Refusal.tooManyRequests(retryAfterSeconds: Int(60 - now.seconds % 60)) }
    }
}
