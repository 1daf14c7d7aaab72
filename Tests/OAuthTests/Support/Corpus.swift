import Foundation

/// The vectors under Tests/Corpus.
enum Corpus {
    static func read<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSONDecoder().decode(
            T.self, from: Data(contentsOf: tests.appendingPathComponent("Corpus/\(name).json")))
    }
}

extension Corpus {
    /// What becomes of a record that is kept.
    static func roundTrip<T: Codable>(_ value: T) throws -> T {
        try JSONDecoder().decode(T.self, from: JSONEncoder().encode(value))
    }
}
