import Foundation
import Synchronization

@testable import Messaging

/// A log of events in memory, with gaps between positions, and a cursor beside it.
final class EventLog: Sendable {
    private struct State {
        var events: [RelayedEvent] = []
        var cursor: RelayCursor?
    }

    private let state = Mutex(State())
    let aggregates: Int

    init(aggregates: Int = 20) { self.aggregates = aggregates }

    var events: [RelayedEvent] { state.withLock { $0.events } }
    var head: Int64 { state.withLock { $0.events.last?.position ?? 0 } }
    var cursor: RelayCursor? {
        get { state.withLock { $0.cursor } }
        set { state.withLock { $0.cursor = newValue } }
    }

    func append(_ count: Int) {
        state.withLock { state in
            for _ in 0..<count {
                let number = state.events.count
                let position = (state.events.last?.position ?? 0) + Int64(1 + number % 3)
                state.events.append(
                    RelayedEvent(
                        position: position, subject: "events.policy.\(number % aggregates).changed",
                        messageID: UUID().uuidString, payload: Array("{\"number\":\(number)}".utf8),
                        headers: [.init("Content-Type", "application/json")]))
            }
        }
    }

    /// Puts an event at the end as it is.
    func append(_ event: RelayedEvent) { state.withLock { $0.events.append(event) } }

    /// Takes the last events away, as the restoring of an older backup does.
    func truncate(to count: Int) { state.withLock { $0.events.removeLast($0.events.count - count) } }

    var source: RelaySource {
        RelaySource(
            next: { position, limit in
                self.state.withLock { state in
                    var low = 0
                    var high = state.events.count
                    while low < high {
                        let middle = (low + high) / 2
                        if state.events[middle].position <= position { low = middle + 1 } else { high = middle }
                    }
                    return Array(state.events[low...].prefix(limit))
                }
            }, load: { self.cursor }, save: { self.cursor = $0 })
    }
}

/// All that a stream holds, read to its end.
func contents(_ stream: EventStream) async throws -> [StreamItem] {
    var reader = StreamReader(stream)
    var items: [StreamItem] = []
    while true {
        let some = try await reader.next(limit: 1_000)
        guard !some.isEmpty else { return items }
        items += some
    }
}

/// The ids of the messages that a stream holds, in order.
func messageIDs(_ stream: EventStream) async throws -> [String] {
    try await contents(stream).compactMap { item in
        guard case .message(let message) = item else { return nil }
        return message.messageID ?? "?"
    }
}

extension EventStream {
    static func events(_ connection: MessagingConnection) throws -> EventStream {
        try EventStream(connection, StreamDefinition(name: "POLICY_EVENTS", subjects: ["events.policy.>"]))
    }
}

/// Runs a relay while the body does.
func relaying(
    _ relay: EventRelay, _ body: () async throws -> Void
) async throws {
    let task = Task { await relay.run() }
    defer { task.cancel() }
    try await body()
    task.cancel()
    try await within(.seconds(20)) { await task.value }
}
