import Vocabulary

/// Reads the content of an event back, by name. A missing or ill-typed fact is a broken journal: ours to mend, never
/// something to guess at.
struct RecordReader {
    let record: EventRecord

    init(_ record: EventRecord) { self.record = record }

    func has(_ name: String) -> Bool { record.facts.contains { $0.name == name } }

    private func value(_ name: String) -> FactValue? { record.facts.first { $0.name == name }?.value }

    func broken(_ name: String) -> Fault {
        Fault("governance.broken_event", .ourselves, "An event \(record.type) has no usable `\(name)`.")
    }

    func id<Kind>(_ name: String) throws -> Identifier<Kind> {
        guard let id: Identifier<Kind> = try optionalID(name) else { throw broken(name) }
        return id
    }

    func optionalID<Kind>(_ name: String) throws -> Identifier<Kind>? {
        guard let value = value(name) else { return nil }
        guard case .id(let bytes, _) = value, let id = Identifier<Kind>(bytes: bytes) else { throw broken(name) }
        return id
    }

    func ids<Kind>(_ name: String) throws -> [Identifier<Kind>] {
        guard case .list(let values)? = value(name) else { throw broken(name) }
        return try values.map { value in
            guard case .id(let bytes, _) = value, let id = Identifier<Kind>(bytes: bytes) else { throw broken(name) }
            return id
        }
    }

    /// Pairs of ids.
    func pairs<First, Second>(_ name: String) throws -> [(Identifier<First>, Identifier<Second>)] {
        guard case .list(let values)? = value(name) else { throw broken(name) }
        return try values.map { value in
            guard case .list(let parts) = value, parts.count == 2, case .id(let left, _) = parts[0],
                case .id(let right, _) = parts[1], let first = Identifier<First>(bytes: left),
                let second = Identifier<Second>(bytes: right)
            else { throw broken(name) }
            return (first, second)
        }
    }

    func subject(_ name: String) throws -> Subject {
        guard let subject = try optionalSubject(name) else { throw broken(name) }
        return subject
    }

    func optionalSubject(_ name: String) throws -> Subject? {
        guard let value = value(name) else { return nil }
        guard let subject = Self.subject(value) else { throw broken(name) }
        return subject
    }

    func subjects(_ name: String) throws -> [Subject] {
        guard case .list(let values)? = value(name) else { throw broken(name) }
        return try values.map { value in
            guard let subject = Self.subject(value) else { throw broken(name) }
            return subject
        }
    }

    static func subject(_ value: FactValue) -> Subject? {
        guard case .id(let bytes, let kind) = value else { return nil }
        return Subject(kind: kind, bytes: bytes)
    }

    func word<Word: RawRepresentable>(_ name: String) throws -> Word where Word.RawValue == String {
        guard let word: Word = try optionalWord(name) else { throw broken(name) }
        return word
    }

    func optionalWord<Word: RawRepresentable>(_ name: String) throws -> Word? where Word.RawValue == String {
        guard let value = value(name) else { return nil }
        guard case .word(let text) = value, let word = Word(rawValue: text) else { throw broken(name) }
        return word
    }

    func words<Word: RawRepresentable>(_ name: String) throws -> [Word] where Word.RawValue == String {
        guard case .list(let values)? = value(name) else { throw broken(name) }
        return try values.map { value in
            guard case .word(let text) = value, let word = Word(rawValue: text) else { throw broken(name) }
            return word
        }
    }

    func integer(_ name: String) throws -> Int64 {
        guard let number = try optionalInteger(name) else { throw broken(name) }
        return number
    }

    func optionalInteger(_ name: String) throws -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .integer(let number) = value else { throw broken(name) }
        return number
    }

    func integers(_ name: String) throws -> [Int64] {
        guard case .list(let values)? = value(name) else { throw broken(name) }
        return try values.map { value in
            guard case .integer(let number) = value else { throw broken(name) }
            return number
        }
    }

    func bool(_ name: String) throws -> Bool {
        guard case .bool(let flag)? = value(name) else { throw broken(name) }
        return flag
    }

    func digest(_ name: String) throws -> [UInt8]? {
        guard let value = value(name) else { return nil }
        guard case .digest(let bytes) = value else { throw broken(name) }
        return bytes
    }

    func time(_ name: String) throws -> Timestamp {
        guard let time = try optionalTime(name) else { throw broken(name) }
        return time
    }

    func optionalTime(_ name: String) throws -> Timestamp? {
        guard let value = value(name) else { return nil }
        guard case .time(let time) = value else { throw broken(name) }
        return time
    }

    /// The organization's own text, which is part of the state.
    func text(_ name: String) throws -> String {
        guard let text = optionalText(name) else { throw broken(name) }
        return text
    }

    /// A text that may be absent, or erased.
    func optionalText(_ name: String) -> String? { content(name)?.string }

    func content(_ name: String) -> AttributeValue? { record.texts.first { $0.name == name }?.value }

    /// Whose text this is, as far as it can still be read.
    func holder(_ name: String) -> EventText.Holder? { record.texts.first { $0.name == name }?.holder }
}
