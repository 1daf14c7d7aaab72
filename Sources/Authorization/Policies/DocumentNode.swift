import Vocabulary

/// A value of a document together with its place, and the readers that report what they do not find.
package struct DocumentNode {
    package let value: AttributeValue
    package let path: String

    package init(value: AttributeValue, path: String) {
        self.value = value
        self.path = path
    }

    /// The members of an object; unknown and missing keys are reported.
    package func members(_ allowed: [String], required: [String], _ log: inout FaultLog) -> [String: DocumentNode]? {
        guard case .object(let members) = value else {
            log.report(path, "wrong_type", "found \(kind), expected a mapping", "Write keys: \(listed(allowed))")
            return nil
        }
        for key in members.keys.sorted() where !allowed.contains(key) {
            log.report(child(key), "unknown_key", "unknown key", "Use one of \(listed(allowed))")
        }
        for key in required where members[key] == nil {
            log.report(child(key), "missing_key", "missing", "Add `\(key)`")
        }
        return Dictionary(
            uniqueKeysWithValues: members.map { ($0.key, DocumentNode(value: $0.value, path: child($0.key))) })
    }

    /// The items of a list with at most `limit` items, and at least one unless it may be empty.
    package func items(limit: Int, mayBeEmpty: Bool = false, _ log: inout FaultLog) -> [DocumentNode]? {
        guard case .list(let items) = value else {
            log.report(path, "wrong_type", "found \(kind), expected a list", "Write a list")
            return nil
        }
        guard mayBeEmpty || !items.isEmpty else {
            log.report(path, "empty", "the list is empty", "Name at least one item or remove the key")
            return nil
        }
        guard items.count <= limit else {
            log.report(path, "too_many", "\(items.count) items", "Use at most \(limit)")
            return nil
        }
        return items.enumerated().map { DocumentNode(value: $0.element, path: "\(path)[\($0.offset)]") }
    }

    /// A text of 1 to `limit` bytes.
    package func text(limit: Int, _ log: inout FaultLog) -> String? {
        guard case .string(let text) = value else {
            log.report(path, "wrong_type", "found \(kind), expected text", "Write text, in quotes if need be")
            return nil
        }
        guard !text.isEmpty else {
            log.report(path, "empty", "the text is empty", "Write at least one character")
            return nil
        }
        guard text.utf8.count <= limit else {
            log.report(path, "too_long", "\(text.utf8.count) bytes", "Use at most \(limit)")
            return nil
        }
        return text
    }

    /// A list of different texts.
    package func texts(itemLimit: Int, byteLimit: Int, _ log: inout FaultLog) -> [String] {
        var seen: Set<String> = []
        return (items(limit: itemLimit, &log) ?? []).compactMap { node in
            guard let text = node.text(limit: byteLimit, &log) else { return nil }
            guard seen.insert(text).inserted else {
                log.report(node.path, "duplicate", "`\(text)` stands twice", "Remove one")
                return nil
            }
            return text
        }
    }

    /// A whole number within a range.
    package func integer(_ range: ClosedRange<Int64>, _ log: inout FaultLog) -> Int64? {
        guard case .integer(let number) = value, range.contains(number) else {
            log.report(
                path, "wrong_number", "found \(CanonicalText.of(value).prefix(40))",
                "Write a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// One of the words of a closed vocabulary.
    package func word<Word: RawRepresentable & CaseIterable>(_: Word.Type, _ log: inout FaultLog) -> Word?
    where Word.RawValue == String {
        if case .string(let text) = value, let word = Word(rawValue: text) { return word }
        log.report(
            path, "unknown_word", "found \(CanonicalText.of(value).prefix(40))",
            "Use one of \(listed(Word.allCases.map(\.rawValue)))")
        return nil
    }

    package var kind: String {
        switch value {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "text"
        case .list: "a list"
        case .object: "a mapping"
        }
    }

    package func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    private func listed(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: ", ") }
}
