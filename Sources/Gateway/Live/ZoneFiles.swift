import Foundation
import Governance
import Synchronization
import Vocabulary

/// The machine's time-zone database (TZif files, RFC 9636), each zone read at first need.
final class ZoneFiles: Sendable {
    private let folder: String
    private let memory = Mutex<[String: Zone]>([:])
    /// The database's version, such as `2025b`; `unknown` where the machine does not say.
    private let version: String

    init(folder: String = "/usr/share/zoneinfo") {
        self.folder = folder
        version = Self.version(in: folder)
    }

    /// The zones of these names; a name that the database does not have is not among them.
    func table(_ names: Set<String>) -> ZoneTable { ZoneTable(version: version, names.compactMap(zone)) }

    private func zone(_ name: String) -> Zone? {
        if let known = memory.withLock({ $0[name] }) { return known }
        guard Self.isName(name), let bytes = Self.bytes(of: folder + "/" + name, limit: Zone.fileLimit),
            let zone = Zone(name: name, tzif: bytes)
        else { return nil }
        memory.withLock { $0[name] = zone }
        return zone
    }

    /// Names of the database are paths below its folder: nothing else may become one.
    private static func isName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                        || [0x2B, 0x2D, 0x5F].contains(byte)
                }
        }
    }

    private static func bytes(of path: String, limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return [UInt8](data)
    }

    /// The first line of `tzdata.zi` is `# version 2025b`.
    private static func version(in folder: String) -> String {
        guard let file = FileHandle(forReadingAtPath: folder + "/tzdata.zi") else { return "unknown" }
        defer { try? file.close() }
        let head = (try? file.read(upToCount: 64)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let words = head.prefix { $0 != "\n" }.split(separator: " ").map(String.init)
        guard words.count == 3, words[1] == "version", words[2].utf8.count <= 16 else { return "unknown" }
        return words[2]
    }
}
