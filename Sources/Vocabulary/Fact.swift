/// A value that may stand in the clear in the journal for ever: never personal data, never free text.
public indirect enum FactValue: Hashable, Sendable {
    /// Sixteen bytes and what they name.
    case id(bytes: [UInt8], kind: String)
    case integer(Int64)
    case bool(Bool)
    /// A word of a closed vocabulary: 1 to 64 bytes of `[a-z0-9_.:-]`.
    case word(String)
    /// At most 64 bytes.
    case digest([UInt8])
    case time(Timestamp)
    /// At most 4,096 values, nested at most 8 deep.
    case list([FactValue])

    /// A surrogate id under its kind's name; never a name or address of a person.
    public static func id<Kind>(_ id: Identifier<Kind>, _ kind: String) -> FactValue {
        .id(bytes: id.bytes, kind: kind)
    }

    /// A person or service account by surrogate id and kind.
    public static func subject(_ subject: Subject) -> FactValue { .id(bytes: subject.bytes, kind: subject.kind) }
}

/// One named fact of an event.
public struct Fact: Hashable, Sendable {
    public let name: String
    public let value: FactValue
    public init(_ name: String, _ value: FactValue) {
        self.name = name
        self.value = value
    }
    public init(name: String, value: FactValue) { self.init(name, value) }
}
