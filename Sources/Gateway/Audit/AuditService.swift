import Storage
import Vocabulary

/// One event of the journal as an auditor sees it: ids, words and numbers in the clear, nothing personal.
public struct AuditEntry: Sendable {
    public let position: Int64
    public let event: EventID
    public let type: String
    public let at: Timestamp
    /// The aggregate's kind and id.
    public let streamKind: String
    public let streamID: String
    public let actor: String
    public let onBehalfOf: Subject?
    public let command: CommandID
    /// The event that this one followed from.
    public let causation: EventID?
    public let trace: String?
    public let facts: [String: AttributeValue]
}

/// Reading and proving the journal.
public struct AuditService: Sendable {
    let store: Store

    /// Events of a tenant after a position, oldest first; `type` narrows to types that begin with it.
    public func events(
        in tenant: TenantID, after position: Int64, type: String? = nil, limit: Int
    ) async throws -> [AuditEntry] {
        try await store.events(of: tenant, after: position, filter: EventFilter(typePrefix: type), limit: limit)
            .map(AuditEntry.init)
    }

    /// The tree's epoch and size.
    public func size(of tenant: TenantID) async throws -> (epoch: Int64, size: Int64) {
        try await store.journalSize(of: tenant)
    }
}

extension AuditEntry {
    init(_ entry: JournalEntry) {
        let envelope = entry.envelope
        position = entry.position
        event = envelope.event
        type = envelope.type
        at = envelope.at
        streamKind = envelope.stream.kind.rawValue
        streamID = Self.id(envelope.stream.id)
        actor = envelope.actor.description
        onBehalfOf = envelope.onBehalfOf
        command = envelope.command
        causation = envelope.causation
        trace = envelope.trace
        facts = Dictionary(
            envelope.facts.map { ($0.name, Self.value($0.value)) }, uniquingKeysWith: { _, last in last })
    }

    private static func value(_ fact: FactValue) -> AttributeValue {
        switch fact {
        case .id(let bytes, let kind): ["kind": .string(kind), "id": .string(id(bytes))]
        case .integer(let value): .integer(value)
        case .bool(let value): .bool(value)
        case .word(let word): .string(word)
        case .digest(let bytes): .string(bytes.map(hexadecimal).joined())
        case .time(let time): .string(time.rfc3339)
        case .list(let values): .list(values.map(value))
        }
    }

    private static func id(_ bytes: [UInt8]) -> String { Identifier<IDKind.Event>(bytes: bytes)?.description ?? "" }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }
}
