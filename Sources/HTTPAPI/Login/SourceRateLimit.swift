import Synchronization
import Vocabulary

/// Requests of one source in a minute. Bounded in memory: beyond `capacity` sources the table begins anew, which lets a
/// few through early rather than growing.
final class SourceRateLimit: Sendable {
    private struct Table {
        var minute: Int64 = 0
        var counts: [IPAddress: Int] = [:]
    }

    static let capacity = 100_000
    private let limit: Int
    private let table = Mutex(Table())

    init(perMinute limit: Int) { self.limit = limit }

    /// - Throws: `Refusal.tooManyRequests` with the seconds until the next minute.
    func admit(_ source: IPAddress?, at now: Timestamp) throws {
        guard let source else { return }
        let minute = now.seconds / 60
        let isOver = table.withLock { table in
            if table.minute != minute || table.counts.count >= Self.capacity { table = Table(minute: minute) }
            table.counts[source, default: 0] += 1
            return table.counts[source, default: 0] > limit
        }
        if isOver { throw Refusal.tooManyRequests(retryAfterSeconds: Int(60 - now.seconds % 60)) }
    }
}
