import Gateway
import Governance
import Storage
import Synchronization
import Vocabulary

/// One stream with its state as the writer left it.
final class Replayed<State: Sendable & Hashable & Codable, Event: Sendable & Hashable>: Sendable {
    let stream: GovernedStream<State, Event>
    private let next: @Sendable (State?, Int, Timestamp) throws -> [Event]
    private let loaded = Mutex(Loaded<State>())

    /// - Parameter next: what happens to a state at a place of the stream.
    init(
        _ stream: GovernedStream<State, Event>, _ next: @escaping @Sendable (State?, Int, Timestamp) throws -> [Event]
    ) {
        (self.stream, self.next) = (stream, next)
    }

    var state: State? { loaded.withLock(\.state) }

    /// Writes so many events, in one transaction with the other streams' that come at the same moment.
    func append(_ count: Int, from place: Int, _ store: Store, _ tenant: TenantID) async throws {
        let before = loaded.withLock(\.self)
        let after = try await store.write(.administration) { [stream, next] tx in
            let caller = Caller(tenant: tenant, actor: .system("bench"), command: .random(at: tx.now))
            return try (place..<place + count).reduce(before) { loaded, place in
                try stream.append(
                    try next(loaded.state, place, tx.now), to: loaded, by: caller, cadence: .standard, tx)
            }
        }
        loaded.withLock { $0 = after }
    }
}

/// A clock that the benchmark moves.
final class Clock: Sendable {
    private let moment = Mutex(noon)

    var now: @Sendable () -> Timestamp { { [self] in moment.withLock(\.self) } }

    func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
}
