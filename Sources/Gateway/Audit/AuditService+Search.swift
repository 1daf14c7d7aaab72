import Storage
import Vocabulary

/// What somebody looks for in the journal; nil admits all.
public struct AuditSearch: Sendable {
    /// Who did it, by what the actor is called in entries, such as `person:…`.
    public var actor: String?
    /// About whom: their own stream, a section of theirs, or an id of theirs among the facts.
    public var person: PersonID?
    /// The beginning of the type, such as `session`.
    public var type: String?
    public var command: CommandID?
    public var trace: String?
    public var from: Timestamp?
    /// Exclusive.
    public var to: Timestamp?
    /// Only events before this position.
    public var before: Int64?

    public init() {}

    fileprivate func admits(_ envelope: EventEnvelope) -> Bool {
        (actor.map { envelope.actor.description == $0 } ?? true)
            && (command.map { envelope.command == $0 } ?? true) && (trace.map { envelope.trace == $0 } ?? true)
            && (person.map { Self.concerns($0, envelope) } ?? true)
    }

    private static func concerns(_ person: PersonID, _ envelope: EventEnvelope) -> Bool {
        envelope.stream.id == person.bytes || envelope.commitments.contains { $0.person == person }
            || envelope.actor == .person(person) || envelope.onBehalfOf == .person(person)
            || envelope.facts.contains { names(person.bytes, $0.value) }
    }

    private static func names(_ bytes: [UInt8], _ value: FactValue) -> Bool {
        switch value {
        case .id(let id, _): id == bytes
        case .list(let values): values.contains { names(bytes, $0) }
        case .integer, .bool, .word, .digest, .time: false
        }
    }
}

extension AuditService {
    /// Events that match, newest first, at most `limit`, and `before` of the next part: nil at the journal's beginning. A
    /// part may be short, or empty, and have a next one: one search looks through a bounded number of positions.
    public func search(
        _ search: AuditSearch, in tenant: TenantID, limit: Int
    ) async throws -> (entries: [AuditEntry], next: Int64?) {
        var stored = JournalSearch()
        (stored.before, stored.typePrefix, stored.from, stored.to) = (
            search.before, search.type, search.from, search.to
        )
        let found = try await store.newestEvents(of: tenant, stored, limit: limit) { search.admits($0) }
        return (found.entries.map(AuditEntry.init), found.next)
    }

    /// The event at a position. Throws `not_found` where there is none.
    public func event(at position: Int64, in tenant: TenantID) async throws -> AuditEntry {
        let found = try await store.events(of: tenant, after: position - 1, limit: 1)
        guard let entry = found.first, entry.position == position else { throw Fault.notFound("event") }
        return AuditEntry(entry)
    }

    /// The event of this id; nil where the tenant has none.
    public func event(_ id: EventID, in tenant: TenantID) async throws -> AuditEntry? {
        try await store.event(id, of: tenant).map(AuditEntry.init)
    }
}
