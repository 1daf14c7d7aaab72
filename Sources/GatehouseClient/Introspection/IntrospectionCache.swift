import Synchronization

/// Active answers for a short while. Time is handed in; memory is bounded, and when it is full of live entries the one
/// that ends first makes room.
final class IntrospectionCache: Sendable {
    private struct Entry {
        let introspection: Introspection
        let end: ContinuousClock.Instant
    }

    private let limit: Int
    private let entries = Mutex<[String: Entry]>([:])

    init(limit: Int) { self.limit = limit }

    func find(_ token: String, now: ContinuousClock.Instant) -> Introspection? {
        entries.withLock { entries in
            guard let entry = entries[token] else { return nil }
            if entry.end > now { return entry.introspection }
            entries[token] = nil
            return nil
        }
    }

    func insert(
        _ introspection: Introspection, for token: String, until end: ContinuousClock.Instant,
        now: ContinuousClock.Instant
    ) {
        entries.withLock { entries in
            if entries.count >= limit, entries[token] == nil { Self.makeRoom(in: &entries, limit: limit, now: now) }
            entries[token] = Entry(introspection: introspection, end: end)
        }
    }

    var count: Int { entries.withLock { $0.count } }

    // Drops an eighth at once, so that a full cache does not sort itself for every newcomer.
    private static func makeRoom(in entries: inout [String: Entry], limit: Int, now: ContinuousClock.Instant) {
        entries = entries.filter { $0.value.end > now }
        guard entries.count >= limit else { return }
        let oldest = entries.sorted { $0.value.end < $1.value.end }.prefix(max(1, limit / 8))
        for (token, _) in oldest { entries[token] = nil }
    }
}
