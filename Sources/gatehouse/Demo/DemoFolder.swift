import Foundation
import Vocabulary

/// The folder a demo lives in: its own, private, and removed with it unless somebody asked to keep it.
final class DemoFolder: Sendable {
    let path: String
    private let isKept: Bool

    /// - Parameter kept: where to keep everything; it must not exist yet, or be empty.
    init(keeping kept: String?) throws {
        isKept = kept != nil
        let base = kept ?? NSTemporaryDirectory() + "gatehouse-demo-" + UUID().uuidString
        path = URL(fileURLWithPath: base).path
        let files = FileManager.default
        if let present = try? files.contentsOfDirectory(atPath: path), !present.isEmpty {
            throw Fault("demo.folder", .caller, "\(path) is not empty.", remedy: "Name a new folder with --keep.")
        }
        try files.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Writes a file that only this user reads, and answers its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        let isWritten = FileManager.default.createFile(
            atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw Fault("demo.folder", .ourselves, "\(file) cannot be written.") }
        return file
    }

    deinit { remove() }

    func remove() {
        if !isKept { try? FileManager.default.removeItem(atPath: path) }
    }
}
