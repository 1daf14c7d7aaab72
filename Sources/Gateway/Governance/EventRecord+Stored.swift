import Governance
import JOSE
import Storage
import Vocabulary

extension EventText {
    /// The text as the journal seals it: under its person's key, or under the one of the tenant's own texts. Throws
    /// `governance.text_too_long` for more than a section holds.
    func section() throws -> PersonalSection {
        let json = try JSONColumn.text(of: value)
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
            try Self.value(plaintext))
    }

    /// The strict reader takes a tenth of the time of the general one; whatever it should refuse was written all the same.
    private static func value(_ plaintext: [UInt8]) throws -> AttributeValue {
        if let value = try? JSONValue(parsingOwn: plaintext) { return AttributeValue(value) }
        return try JSONColumn.decode(AttributeValue.self, String(decoding: plaintext, as: UTF8.self))
    }
}

extension EventRecord {
    /// The event as it came out of the journal.
    init(_ stored: StreamEvent) throws {
        self.init(
            stored.type, facts: stored.facts, texts: try stored.sections.compactMap(EventText.init))
    }
}
