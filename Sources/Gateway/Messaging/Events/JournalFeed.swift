import Governance
import Messaging
import Storage
import Vocabulary

/// The journal of one tenant as a relay reads it: what is governed, in order, as messages of a stream.
struct JournalFeed: Sendable {
    let store: Store
    let tenant: TenantID
    /// The name of the stream.
    let stream: String
    let subjects: MessagingSubjects

    /// What a relay takes its events from, and keeps how far it is in.
    var source: RelaySource {
        let ahead = FeedAhead { [self] in try await events(after: $0, limit: $1).map { relayed($0) } }
        return RelaySource(
            next: { try await ahead.next(after: $0, limit: $1) },
            load: { [self] in
                try await store.read { try $0.relay(to: stream, in: tenant) }.map {
                    RelayCursor(
                        position: $0.position, sequence: UInt64(clamping: $0.sequence), streamCreated: $0.created)
                }
            },
            save: { [self] cursor in
                let relay = StoredRelay(
                    position: cursor.position, sequence: Int64(clamping: cursor.sequence),
                    created: cursor.streamCreated)
                try await store.write(.spool) { try $0.sql.put(relay, to: stream, in: tenant) }
            })
    }

    /// Messages after a position in the journal, in order.
    func events(after position: Int64, limit: Int) async throws -> [EventMessage] {
        try await store.read { [tenant, keys = store.keys] sql in
            try sql.governedEvents(in: tenant, after: position, limit: limit, keys: keys).map { stored in
                try EventMessage(stored) { kind, id, version in
                    try GovernedKinds.folded(kind, id, upTo: version, in: tenant, keys: keys, sql)?.bytes()
                }
            }
        }
    }

    /// The position of the newest event that is to be told.
    func head() async throws -> Int64 { try await store.read { [tenant] in try $0.governedHead(in: tenant) } }

    private func relayed(_ message: EventMessage) -> RelayedEvent {
        let (subject, payload) = message.relayed(subjects)
        return RelayedEvent(
            position: message.position, subject: subject, messageID: message.event.description, payload: payload)
    }
}
