/// A subject with blanks in a scoped signing key, `{{name()}}`, filled with what is known of each user.
struct SubjectTemplate {
    /// What may stand between the braces.
    enum Blank: Hashable {
        case name, subject, accountName, accountSubject
        case tag(String), accountTag(String)

        init?(_ text: String) {
            switch text.lowercased() {
            case "name()": self = .name
            case "subject()": self = .subject
            case "account-name()": self = .accountName
            case "account-subject()": self = .accountSubject
            default:
                guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
                let tag = text[text.index(after: open)...].dropLast().lowercased()
                guard !tag.isEmpty, !tag.contains("("), !tag.contains(")") else { return nil }
                // The server takes what it is called as it is written, and its tags in small letters.
                switch text[..<open] {
                case "tag": self = .tag(tag)
                case "account-tag": self = .accountTag(tag)
                default: return nil
                }
            }
        }
    }

    enum Piece: Hashable {
        case text(String)
        case blank(Blank)
    }

    let pieces: [Piece]
    var hasBlanks: Bool { pieces.contains { if case .blank = $0 { true } else { false } } }

    /// Reads a subject with blanks or without.
    ///
    /// - Throws: `NATSFault` with `invalid_template` for a blank that is not closed or means nothing.
    init(_ text: String, place: String) throws {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let open = rest.range(ofBraces: "{{") {
            guard let close = rest[open.upperBound...].range(ofBraces: "}}") else {
                throw NATSFault(.invalidTemplate, place, "has {{ without }}", "Close the blank.")
            }
            let word = String(rest[open.upperBound..<close.lowerBound]).trimmed
            guard let blank = Blank(word) else {
                throw NATSFault(
                    .invalidTemplate, place, "has the blank \(quoted(word))",
                    "Write name(), subject(), account-name(), account-subject(), tag(…) or account-tag(…).")
            }
            if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
            pieces.append(.blank(blank))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    /// The subject with a word in each blank.
    func filled(_ word: (Blank) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .blank(let blank): word(blank)
            }
        }.joined()
    }
}

extension StringProtocol {
    /// Where two braces stand first.
    func range(ofBraces pair: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(pair) { return at..<index(at, offsetBy: pair.count) }
            at = index(after: at)
        }
        return nil
    }
}

extension String {
    /// Without the blanks around it.
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
