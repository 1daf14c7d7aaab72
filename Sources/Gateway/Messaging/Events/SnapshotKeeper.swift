import Governance
import Storage
import Vocabulary

/// Publishes the states of what is governed before the events behind them age out of a stream, so that all of it can be folded
/// from the stream alone for ever.
///
/// It follows the journal at a distance in time: whatever it comes by has stood in the stream for most of its age. When nothing
/// newer was published of that thing, its state is: it is journalled that it was, and the relay says what it was.
struct SnapshotKeeper: Sendable {
    let store: Store
    let tenant: TenantID
    let stream: String
    /// How long the stream keeps events.
    let age: Duration
    let clock: @Sendable () -> Timestamp

    private static let pageLimit = 200

    /// A state that is published, as the journal says it.
    private struct Published: Sendable {
        let stream: Storage.Stream
        let version: Int64
        let hasEnded: Bool
    }

    /// Publishes what is due; answers of how many things.
    @discardableResult func publishWhatIsDue() async throws -> Int {
        var count = 0
        while let published = try await step() { count += published }
        return count
    }

    /// One page; nil when nothing more is due. States are looked at beside the writer: events that come meanwhile follow on
    /// the version that was seen.
    private func step() async throws -> Int? {
        let limit = clock() - age * 3 / 4
        let (due, last) = try await store.read { [self] sql -> ([Published], Int64?) in
            let known = try sql.reviewedPosition(of: stream, in: tenant)
            let places = try sql.governedPlaces(in: tenant, after: known, limit: Self.pageLimit)
            let old = places.prefix { $0.at <= limit }.map(\.place)
            return (try states(behind: old, sql), old.last?.position)
        }
        guard let last else { return nil }
        let caller = Caller(tenant: tenant, actor: .system("event_stream"), command: .random(at: clock()))
        try await store.write(.spool) { [self] tx in
            for published in due {
                try tx.append(
                    caller.event(
                        "snapshot.published", published.stream,
                        facts: [
                            Fact("version", .integer(published.version)), Fact("ended", .bool(published.hasEnded)),
                        ]))
            }
            try tx.sql.putReviewedPosition(last, of: stream, in: tenant)
        }
        return due.count
    }

    /// The states behind these events that have to be published, each once.
    private func states(behind places: [JournalPlace], _ sql: any SQLConnection) throws -> [Published] {
        var seen: Set<EventLedger.Name> = []
        return try places.compactMap { place in
            let passed = Stream(kind: place.kind, id: place.stream)
            guard let kind = passed.snapshotKind ?? passed.governedKind else { return nil }
            let name = EventLedger.Name(kind: kind, id: place.stream)
            guard !seen.contains(name),
                let due = try published(kind, place, isState: passed.snapshotKind != nil, sql)
            else { return nil }
            seen.insert(name)
            return due
        }
    }

    private func published(
        _ kind: String, _ place: JournalPlace, isState: Bool, _ sql: any SQLConnection
    ) throws -> Published? {
        let snapshots = Stream.snapshots(of: kind, place.stream)
        let newest = try sql.newestEvent(of: snapshots, in: tenant)
        if let newest, newest.position > place.position { return nil }
        let version = try sql.streamVersion(Stream(kind: .governed(kind), id: place.stream), in: tenant)
        // What has ended is published once, and may then be forgotten.
        if isState, let newest, try EventMessage.version(of: newest.envelope) == version, newest.envelope.hasEnded {
            return nil
        }
        guard
            let thing = try GovernedKinds.folded(
                kind, place.stream, upTo: version, in: tenant, keys: store.keys, sql)
        else { return nil }
        return Published(stream: snapshots, version: version, hasEnded: try thing.bytes() == nil)
    }
}

extension EventEnvelope {
    fileprivate var hasEnded: Bool { facts.contains { $0.name == "ended" && $0.value == .bool(true) } }
}
