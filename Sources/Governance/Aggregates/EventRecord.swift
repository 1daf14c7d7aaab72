import Vocabulary

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
    public let facts: [Fact]
    /// A text whose key is destroyed is not here any more when the event is read back.
    public let texts: [EventText]

    /// An event's content. Names are unique within facts and within texts.
    public init(_ type: String, facts: [Fact] = [], texts: [EventText] = []) {
        self.type = type
        self.facts = facts
        self.texts = texts
    }
}

/// Builds the content of an event, leaving out what is absent.
struct RecordBuilder {
    let type: String
    private(set) var facts: [Fact] = []
    private(set) var texts: [EventText] = []

    init(_ type: String) { self.type = type }

    func fact(_ name: String, _ value: FactValue?) -> Self {
        guard let value else { return self }
        var copy = self
        copy.facts.append(Fact(name, value))
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
