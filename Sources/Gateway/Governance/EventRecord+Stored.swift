import Governance
import Storage
import Vocabulary

// What is governed knows no store, and the store nothing of what is governed: here one's values become the other's.

extension EventValue {
    /// The same value as the journal keeps it.
    var fact: FactValue {
        switch self {
        case .id(let bytes, let kind): .id(bytes: bytes, kind: kind)
        case .integer(let number): .integer(number)
        case .bool(let flag): .bool(flag)
        case .word(let word): .word(word)
        case .digest(let bytes): .digest(bytes)
        case .time(let time): .time(time)
        case .list(let values): .list(values.map(\.fact))
        }
    }

    /// The same value as it came out of the journal.
    init(_ fact: FactValue) {
        switch fact {
        case .id(let bytes, let kind): self = .id(bytes: bytes, kind: kind)
        case .integer(let number): self = .integer(number)
        case .bool(let flag): self = .bool(flag)
        case .word(let word): self = .word(word)
        case .digest(let bytes): self = .digest(bytes)
        case .time(let time): self = .time(time)
        case .list(let values): self = .list(values.map(EventValue.init))
        }
    }
}

extension EventText {
    /// The text as the journal seals it: under its person's key, or under the one of the tenant's own texts. Throws
    /// `governance.text_too_long` for more than a section holds.
    func section() throws -> PersonalSection {
        guard case .text(let json) = try JSONColumn.encode(value) else { throw Fault.invalid("`\(name)` is no text.") }
        guard json.utf8.count <= PersonalSection.plaintextLimit else {
            throw Fault(
                "governance.text_too_long", .caller,
                "`\(name)` has more than \(PersonalSection.plaintextLimit) bytes as JSON.", remedy: "Shorten it.")
        }
        switch holder {
        case .tenant: return PersonalSection(ofTenant: name, plaintext: Array(json.utf8))
        case .person(let person): return PersonalSection(person: person, name: name, plaintext: Array(json.utf8))
        }
    }

    /// The text as it came out of the journal, nil once its holder is erased.
    init?(_ section: OpenedSection) throws {
        guard let plaintext = section.plaintext else { return nil }
        self.init(
            section.name, section.person == PersonalSection.tenantHolder ? .tenant : .person(section.person),
            try JSONColumn.decode(AttributeValue.self, String(decoding: plaintext, as: UTF8.self)))
    }
}

extension EventRecord {
    /// The event as it came out of the journal.
    init(_ stored: StreamEvent) throws {
        self.init(
            stored.type, facts: stored.facts.map { EventFact($0.name, EventValue($0.value)) },
            texts: try stored.sections.compactMap(EventText.init))
    }
}
