import Foundation

@testable import JOSE

/// The vectors under Tests/Corpus, read by the parser under test, whose limits are widened for files of vectors.
enum Corpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Corpus")

    static func read(_ name: String) throws -> JSONObject {
        let limits = JSONReader.Limits(bytes: 1 << 20, depth: 16, values: 1 << 16, digits: 64)
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name + ".json")))
        return try JSONReader.parse(bytes, limits: limits).object.orMissing(name)
    }
}

/// A vector does not have what its test reads.
struct Missing: Error {
    let what: String
}

extension Optional {
    func orMissing(_ what: String) throws -> Wrapped {
        guard let self else { throw Missing(what: what) }
        return self
    }
}

extension JSONObject {
    /// The text at a path of names.
    func text(_ path: String...) throws -> String { try value(path).text.orMissing(path.joined(separator: ".")) }
    func object(_ path: String...) throws -> JSONObject {
        try value(path).object.orMissing(path.joined(separator: "."))
    }
    func array(_ path: String...) throws -> [JSONValue] { try value(path).array.orMissing(path.joined(separator: ".")) }
    /// The bytes of base64url text at a path.
    func bytes(_ path: String...) throws -> [UInt8] {
        try Base64URL.decode(try value(path).text.orMissing(path.joined(separator: "."))).orMissing("base64url")
    }

    private func value(_ path: [String]) throws -> JSONValue {
        try path.reduce(.object(self)) { value, name in
            try (value.object?[name]).orMissing(path.joined(separator: "."))
        }
    }

    /// This object with other members.
    func with(_ changes: KeyValuePairs<String, JSONValue?>) -> JSONObject {
        changes.reduce(into: self) { $0[$1.key] = $1.value }
    }
}

extension JSONValue {
    func asObject() throws -> JSONObject { try object.orMissing("an object") }
}
