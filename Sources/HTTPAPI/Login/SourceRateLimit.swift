import Synchronization
import Vocabulary

/// Requests of one source in a minute. Bounded in memory: beyond `capacity` sources the table begins anew, which lets a
/// few through early rather than growing.
final class SourceRateLimit: Sendable {
    private struct Table {
        var minute: Int64 = 0
        var counts: [[UInt8]: Int] = [:]
    }

    static let capacity = 100_000
    private let limit: Int
    private let table = Mutex(Table())

    init(perMinute limit: Int) { self.limit = limit }

    /// - Throws: `Refusal.tooManyRequests` with the seconds until the next minute.
    func admit(_ source: IPAddress?, at now: Timestamp) throws {
        guard let key = source.map(Self.key) else { return }
        let minute = now.seconds / 60
        let isOver = table.withLock { table in
            if table.minute != minute || table.counts.count >= Self.capacity { table = Table(minute: minute) }
            table.counts[key, default: 0] += 1
            return table.counts[key, default: 0] > limit
        }
        if isOver { throw Refusal.tooManyRequests(retryAfterSeconds: Int(60 - now.seconds % 60)) }
    }

    // One customer of a network holds a whole /64 of IPv6 (RFC 6177): a budget for each address would be none.
    private static func key(_ source: IPAddress) -> [UInt8] {
        let address = source.unmapped
        return address.bitWidth == 128 ? Array(address.bytes.prefix(8)) : address.bytes
    }
}
