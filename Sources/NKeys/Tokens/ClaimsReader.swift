import JOSE

/// Takes the members out of an object of claims, each by its type, and refuses what nobody asked for: a claim that is not
/// known could be one that takes rights away.
struct ClaimsReader {
    private let members: [String: JSONValue]
    private(set) var asked: Set<String> = []
    let place: String

    init(_ object: JSONObject, _ place: String) throws {
        self.place = place
        members = try Self.table(object, place)
    }

    init(_ value: JSONValue, _ place: String) throws {
        guard let object = value.object else { throw Self.wrong(place, "an object") }
        try self.init(object, place)
    }

    /// The members by their names, none of which another one could be taken for.
    static func table(_ object: JSONObject, _ place: String) throws -> [String: JSONValue] {
        var table: [String: JSONValue] = [:]
        for (name, value) in object.entries where table.updateValue(value, forKey: name) != nil {
            throw NATSFault(.malformedClaims, place, "has \(quoted(name)) twice", "Write it once.")
        }
        return table
    }

    private static func wrong(_ place: String, _ type: String) -> NATSFault {
        NATSFault(.wrongClaimType, place, "is not \(type)", "Write \(type).")
    }

    func path(_ name: String) -> String { place.isEmpty ? name : place + "." + name }

    /// The value of a member, whatever its type.
    mutating func value(_ name: String) -> JSONValue? {
        asked.insert(name)
        return members[name]
    }

    private mutating func read<Value>(
        _ name: String, _ type: String, _ convert: (JSONValue) -> Value?
    ) throws -> Value? {
        guard let value = value(name) else { return nil }
        guard let converted = convert(value) else { throw Self.wrong(path(name), type) }
        return converted
    }

    /// A text; one that is empty counts as left out, as it does for servers.
    mutating func text(_ name: String) throws -> String? {
        let text = try read(name, "a text", \.text)
        return text == "" ? nil : text
    }

    mutating func integer(_ name: String) throws -> Int64? { try read(name, "a whole number", \.integer) }
    mutating func flag(_ name: String) throws -> Bool { try read(name, "true or false", \.bool) ?? false }
    mutating func texts(_ name: String) throws -> [String] { try read(name, "a list of texts", \.texts) ?? [] }
    mutating func list(_ name: String) throws -> [JSONValue] { try read(name, "a list", \.array) ?? [] }

    /// A time; zero counts as left out, as it does for servers.
    mutating func time(_ name: String) throws -> Int64? {
        let time = try integer(name)
        return time == 0 ? nil : time
    }

    /// A limit, which is `absent` where it is left out.
    mutating func limit(_ name: String, absent: Limit = .nothing) throws -> Limit {
        try integer(name).map(Limit.init(rawValue:)) ?? absent
    }

    mutating func key(_ name: String, _ kind: NKey.Kind? = nil) throws -> NKey? {
        try text(name).map { try NKey($0, kind, place: path(name)) }
    }

    mutating func keys(_ name: String, _ kind: NKey.Kind) throws -> [NKey] {
        try texts(name).map { try NKey($0, kind, place: path(name)) }
    }

    /// One word of a few.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, of type: Word.Type
    ) throws -> Word? where Word.RawValue == String {
        try text(name).map { try Self.word($0, of: type, path(name)) }
    }

    static func word<Word: RawRepresentable & CaseIterable>(
        _ text: String, of type: Word.Type, _ place: String
    ) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            throw NATSFault(
                .malformedClaims, place, "is \(quoted(text))",
                "Write one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return word
    }

    /// What an object inside says, read to its end.
    mutating func object<Value>(_ name: String, _ read: (inout ClaimsReader) throws -> Value) throws -> Value? {
        guard let value = value(name) else { return nil }
        return try Self.whole(value, path(name), read)
    }

    /// What an object says, read to its end.
    static func whole<Value>(
        _ value: JSONValue, _ place: String, _ read: (inout ClaimsReader) throws -> Value
    ) throws -> Value {
        var reader = try ClaimsReader(value, place)
        let result = try read(&reader)
        try reader.finish()
        return result
    }

    func require<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw NATSFault(.missingClaim, path(name), "is missing", "Every such token has it.") }
        return value
    }

    /// - Throws: `NATSFault` with `unknown_claim` for what was not asked for.
    func finish() throws {
        guard let unknown = members.keys.filter({ !asked.contains($0) }).min() else { return }
        throw NATSFault(
            .unknownClaim, path(quoted(unknown)), "is not known here",
            "It could take rights away: leave it out, or use a version that knows it.")
    }
}
