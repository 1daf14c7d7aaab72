import Vocabulary

/// A value that may stand in the clear in the journal for ever: a surrogate id, a number, a word of a closed vocabulary.
/// Never personal data, never free text; the store maps it one to one onto its own facts.
public indirect enum EventValue: Hashable, Sendable {
    /// Sixteen bytes and what they name.
    case id(bytes: [UInt8], kind: String)
    case integer(Int64)
    case bool(Bool)
    /// 1 to 64 bytes of `[a-z0-9_.:-]`.
    case word(String)
    /// At most 64 bytes.
    case digest([UInt8])
    case time(Timestamp)
    case list([EventValue])

    /// A surrogate id under its kind's name.
    static func id<Kind>(_ id: Identifier<Kind>, _ kind: String) -> EventValue { .id(bytes: id.bytes, kind: kind) }

    /// A person or service account by surrogate id and kind.
    static func subject(_ subject: Subject) -> EventValue { .id(bytes: subject.bytes, kind: subject.kind) }
}

/// One named fact of an event. What `apply` folds is made of these and of the tenant's own texts.
public struct EventFact: Hashable, Sendable {
    public let name: String
    public let value: EventValue

    /// A fact under the name it keeps for ever.
    public init(_ name: String, _ value: EventValue) {
        self.name = name
        self.value = value
    }
}

/// Free text of an event, sealed under the key of whoever it is about; gone when that key is.
public struct EventText: Hashable, Sendable {
    /// Under whose key a text is sealed.
    public enum Holder: Hashable, Sendable {
        /// What the organization says about itself: names, descriptions, rules. Part of the folded state.
        case tenant
        /// What is said of or by a person: reasons, justifications, claimed names. Never folded, so that erasing the
        /// person leaves the state as it was.
        case person(PersonID)
    }

    public let name: String
    public let holder: Holder
    public let value: AttributeValue

    /// A text under the name it keeps for ever.
    public init(_ name: String, _ holder: Holder, _ value: AttributeValue) {
        self.name = name
        self.holder = holder
        self.value = value
    }
}

/// An event as it is written: type, facts in the clear, texts sealed. Its envelope is the store's business.
public struct EventRecord: Hashable, Sendable {
    /// Dot-separated, past tense: `policy.activated`.
    public let type: String
    public let facts: [EventFact]
    /// A text whose key is destroyed is not here any more when the event is read back.
    public let texts: [EventText]

    /// An event's content. Names are unique within facts and within texts.
    public init(_ type: String, facts: [EventFact] = [], texts: [EventText] = []) {
        self.type = type
        self.facts = facts
        self.texts = texts
    }
}

/// Builds the content of an event, leaving out what is absent.
struct RecordBuilder {
    let type: String
    private(set) var facts: [EventFact] = []
    private(set) var texts: [EventText] = []

    init(_ type: String) { self.type = type }

    func fact(_ name: String, _ value: EventValue?) -> Self {
        guard let value else { return self }
        var copy = self
        copy.facts.append(EventFact(name, value))
        return copy
    }

    func text(_ name: String, _ value: AttributeValue?, of holder: EventText.Holder = .tenant) -> Self {
        guard let value else { return self }
        var copy = self
        copy.texts.append(EventText(name, holder, value))
        return copy
    }

    func text(_ name: String, _ value: String?, of holder: EventText.Holder = .tenant) -> Self {
        text(name, value.map(AttributeValue.string), of: holder)
    }

    var record: EventRecord { EventRecord(type, facts: facts, texts: texts) }
}
