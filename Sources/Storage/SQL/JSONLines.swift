import FoundationEssentials
import Vocabulary

/// Append-only files of one JSON value per line, durable line by line.
enum JSONLines {
    private static let lineLimit = 64 << 10

    static func append(_ values: [some Encodable], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var lines: [UInt8] = []
        for value in values { lines += [UInt8](try encoder.encode(value)) + [0x0A] }
        let isNew = !Files.exists(path)
        if !isNew { try Files.trimBrokenLine(path) }
        try Files.append(path, lines)
        if isNew { try Files.syncDirectory(of: path) }
    }

    /// Every whole line; nothing when there is no file. Throws `storage.lines_damaged` for a line of another form.
    static func forEach<Value: Decodable>(_ type: Value.Type, in path: String, _ body: (Value) -> Void) throws {
        guard Files.exists(path) else { return }
        let decoder = JSONDecoder()
        var rest: [UInt8] = []
        try Files.readPieces(path) { piece in
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                guard let value = try? decoder.decode(type, from: Data(rest[start..<end])) else { throw damaged(path) }
                body(value)
                start = end + 1
            }
            rest.removeFirst(start)
            guard rest.count <= lineLimit else { throw damaged(path) }
        }
    }

    private static func damaged(_ path: String) -> Fault {
        Fault(
            "storage.lines_damaged", .ourselves, "The file \(path) has a damaged line.",
            remedy: "Restore that file from its copy; do not delete it.")
    }
}
