import Vocabulary

/// Reads the members of a JSON object, each once: a body of the API, a bootstrap file, a stored record. What is of another
/// type, or not known, is refused with its place.
struct NATSMembers {
    private var members: [String: AttributeValue]
    private let place: String

    /// - Throws: `nats.malformed` where it is no object.
    init(_ value: AttributeValue, at place: String) throws {
        guard let members = value.object else { throw Self.fault(place, "is no object") }
        self.members = members.filter { $0.value != .null }
        self.place = place
    }

    var names: [String] { members.keys.sorted() }

    mutating func value(_ name: String) -> AttributeValue? { members.removeValue(forKey: name) }

    mutating func text(_ name: String) throws -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw fault(name, "is no text") }
        return text
    }

    mutating func required(_ name: String) throws -> String {
        guard let text = try text(name), !text.isEmpty else { throw fault(name, "is missing") }
        return text
    }

    mutating func bool(_ name: String) throws -> Bool? {
        guard let value = value(name) else { return nil }
        guard let bool = value.bool else { throw fault(name, "is neither true nor false") }
        return bool
    }

    mutating func integer(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw fault(name, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func list(_ name: String, limit: Int = 256) throws -> [AttributeValue]? {
        guard let value = value(name) else { return nil }
        guard let list = value.list else { throw fault(name, "is no list") }
        guard list.count <= limit else { throw fault(name, "has more than \(limit) entries") }
        return list
    }

    mutating func texts(_ name: String, limit: Int = 256) throws -> [String]? {
        guard let list = try list(name, limit: limit) else { return nil }
        return try list.enumerated().map { index, value in
            guard let text = value.string else { throw fault("\(name)[\(index)]", "is no text") }
            return text
        }
    }

    /// The objects of a list, each with its place.
    mutating func objects(_ name: String, limit: Int = 256) throws -> [NATSMembers]? {
        guard let list = try list(name, limit: limit) else { return nil }
        return try list.enumerated().map { try NATSMembers($1, at: path("\(name)[\($0)]")) }
    }

    mutating func object(_ name: String) throws -> NATSMembers? {
        guard let value = value(name) else { return nil }
        return try NATSMembers(value, at: path(name))
    }

    /// Refuses what nobody asked for: a misspelled member would otherwise be taken for one that was left out.
    func finish() throws {
        if let name = members.keys.min() { throw fault(name, "is not known here") }
    }

    func fault(_ name: String, _ problem: String) -> Fault { Self.fault(path(name), problem) }

    private func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    private static func fault(_ place: String, _ problem: String) -> Fault {
        Fault("nats.malformed", .caller, "`\(place)` \(problem).")
    }
}
