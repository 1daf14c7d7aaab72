import Vocabulary

/// The list of erased people kept outside the database, so that restoring an older backup repeats their erasure.
public struct ErasureLog: Sendable {
    public let path: String
    public init(path: String) { self.path = path }

    /// Adds people, durably.
    public func append(_ people: [ErasedPerson]) throws {
        if !people.isEmpty { try JSONLines.append(people, to: path) }
    }

    /// Everyone in the list; throws `storage.lines_damaged` rather than forget anybody.
    public func all() throws -> [ErasedPerson] {
        var people: [ErasedPerson] = []
        try JSONLines.forEach(ErasedPerson.self, in: path) { people.append($0) }
        return people
    }
}
