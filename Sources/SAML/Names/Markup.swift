/// Elements made in few words. What a message is written by stands in its own file, under `XML`.
enum Markup {
    /// An element with the attributes and children that are there.
    static func element(
        _ name: XMLName, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [XMLElement?] = []
    ) -> XMLElement {
        XMLElement(
            name, attributes: attributes.compactMap { local, value in value.map { XMLAttribute(local, $0) } },
            children: children.compactMap { $0.map { .element($0) } })
    }

    /// An element that holds a text.
    static func text(_ name: XMLName, _ text: String, _ attributes: KeyValuePairs<String, String?> = [:]) -> XMLElement
    {
        var made = element(name, attributes)
        made.children = text.isEmpty ? [] : [.text(text)]
        return made
    }

    static func flag(_ value: Bool) -> String { value ? "true" : "false" }

    /// An optional flag, left away where it says what is meant anyhow.
    static func flag(_ value: Bool, unless implied: Bool) -> String? { value == implied ? nil : flag(value) }

    /// Refuses what XML 1.0 §2.2 cannot hold: a text with a control character in it would make a document that nobody
    /// reads, or another one than was meant.
    ///
    /// - Throws: `forbidden_character` with the element and the character's number.
    static func checked(_ element: XMLElement) throws(MessageFault) -> XMLElement {
        var waiting = [element]
        while let next = waiting.popLast() {
            for attribute in next.attributes {
                try check(attribute.value, "the attribute \(attribute.name.local) of \(next.name.local)")
            }
            for node in next.children {
                switch node {
                case .element(let child): waiting.append(child)
                case .text(let text): try check(text, "the text of \(next.name.local)")
                }
            }
        }
        return element
    }

    private static func check(_ text: String, _ place: String) throws(MessageFault) {
        guard let bad = text.unicodeScalars.first(where: { !isAllowed($0) }) else { return }
        throw MessageFault(
            .forbiddenCharacter,
            "\(place) holds U+\(String(bad.value, radix: 16, uppercase: true)), which XML 1.0 cannot carry; "
                + "remove it where the value comes from")
    }

    /// The production `Char`.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}

extension XMLElement {
    /// A boolean of XML Schema; nil when it is absent or none.
    func flag(_ local: String) -> Bool? { flag(XMLName("", local)) }

    /// As above, of an attribute by its whole name.
    func flag(_ name: XMLName) -> Bool? {
        switch attribute(name)?.trimmingXMLSpace() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }

    /// An unsigned short of XML Schema, as indexes are.
    func index(_ local: String) -> Int? {
        guard let text = attribute(local)?.trimmingXMLSpace(), !text.isEmpty, text.utf8.count <= 5,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), number <= 65_535
        else { return nil }
        return number
    }

    var holdsElements: Bool {
        children.contains { if case .element = $0 { true } else { false } }
    }
}

extension String {
    /// The words of a list of XML Schema.
    var listed: [String] {
        split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }).map(String.init)
    }
}
