import Authorization
import Vocabulary

extension IDKind {
    /// A tenant's own policy template.
    public enum PolicyTemplate {}
}

/// A tenant's own policy template.
public typealias PolicyTemplateID = Identifier<IDKind.PolicyTemplate>

/// A template that a tenant made: the fold of its events.
public struct StoredTemplate: Sendable, Hashable, Codable {
    public let id: PolicyTemplateID
    /// What it is called; free in the tenant while it is in use.
    public let key: String
    public internal(set) var document: AttributeValue
    public internal(set) var isRetired: Bool
    public internal(set) var version: Int64
    public internal(set) var updatedAt: Timestamp
}

/// What can happen to a template.
public enum TemplateEvent: Sendable, Hashable {
    /// Made, or changed, as a whole.
    case saved(PolicyTemplateID, key: String, document: AttributeValue)
    /// Out of use; drafts that were made of it stay.
    case retired
}

extension StoredTemplate {
    /// How templates are folded and written.
    public static let aggregate = Aggregate<StoredTemplate, TemplateEvent>(
        kind: "policy_template",
        apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try TemplateEvent.read($0) })

    /// What saving a template comes to. Pure; nothing where it is as it was.
    public static func saving(
        _ template: PolicyTemplate, as id: PolicyTemplateID, over present: StoredTemplate?
    ) throws(GovernanceError) -> [TemplateEvent] {
        if let present, present.isRetired { throw .invalidState(current: "retired", expected: "in use") }
        if let present, present.key != template.key {
            throw .invalid(field: "template", reason: "is not what this template is called")
        }
        if present?.document == template.document { return [] }
        return [.saved(id, key: template.key, document: template.document)]
    }

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<TemplateEvent>, to state: StoredTemplate?
    ) throws(GovernanceError) -> StoredTemplate {
        guard var template = state else {
            guard case .saved(let id, let key, let document) = recorded.event else {
                throw .invalidSequence(kind: "policy template", event: "retired")
            }
            return StoredTemplate(
                id: id, key: key, document: document, isRetired: false, version: 1, updatedAt: recorded.at)
        }
        template.version += 1
        template.updatedAt = recorded.at
        switch recorded.event {
        case .saved(_, _, let document): template.document = document
        case .retired: template.isRetired = true
        }
        return template
    }
}

extension TemplateEvent {
    /// The event as it is written.
    var record: EventRecord {
        switch self {
        case .saved(let id, let key, let document):
            RecordBuilder("policy_template.saved").fact("template", .id(id, "policy_template")).text("key", key)
                .text("document", document).record
        case .retired: RecordBuilder("policy_template.retired").record
        }
    }

    /// The event as it was written.
    static func read(_ record: EventRecord) throws -> TemplateEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "policy_template.saved":
            guard let key = reader.content("key")?.string, let document = reader.content("document") else {
                throw reader.broken("document")
            }
            return .saved(try reader.id("template"), key: key, document: document)
        case "policy_template.retired": return .retired
        default: throw reader.broken("type")
        }
    }
}
