import ArgumentParser
import Fetch
import Foundation
import Gateway
import Vocabulary

/// Writes an operator's tokens and seeds as files.
struct NATSExportCommand: APICommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes an operator's tokens and seeds into a folder, as secret as they are.",
        discussion: """
            flat: manifest.json, keys, certificates and nats/ID.creds. nsc: stores/OPERATOR with the users' credentials in \
            their accounts' folders and seeds apart. nsc-tool: what the tool nsc reads. Files with seeds are 0400.
            """)
    @Argument(help: "The folder; it is made, and may be there only with --replace or empty.") var folder: String
    @Option(help: "One of \(NATSExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
    var exportFormat = NATSExportFormat.flat
    @Option(help: "The operator, by name or id; needed where there are several.") var `operator`: String?
    @Flag(help: "Put the new files in the place of a folder that is there.") var replace = false
    @Flag(help: "Refuse where the folder lies on no volume that is known to be encrypted.")
    var requireEncryptedVolume = false
    @OptionGroup var options: APIOptions

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let writer = try ExportFolder(folder, replaces: replace)
        if requireEncryptedVolume { try EncryptedVolume.require(at: writer.parent) }
        let path =
            api("nats", "export") + query(["format": exportFormat.rawValue, "operator": `operator`])
        let files = try await client.call(.post, path)["files"]?.list ?? []
        try writer.write(files)
        return APIAnswer(
            ["folder": .string(folder), "files": .list(files.compactMap { $0["path"] })],
            "Wrote \(files.count) files into \(folder).")
    }
}

extension NATSExportFormat: ExpressibleByArgument {}

/// A folder that appears whole or not at all: files are written beside it, and it is put in its place at the end.
struct ExportFolder {
    private let path: String
    private let replaces: Bool
    private let stage: String
    /// Where it is made.
    let parent: String

    /// - Throws: `CommandRefusal` where something is there that is not to be replaced.
    init(_ folder: String, replaces: Bool) throws {
        let place = URL(fileURLWithPath: folder).standardizedFileURL
        path = place.path
        parent = place.deletingLastPathComponent().path
        self.replaces = replaces
        stage = path + ".new-\(UUID().uuidString.prefix(8))"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        let inside = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard isFolder.boolValue, !Self.isLink(path) else {
            throw CommandRefusal("\(folder) is there already and is no folder: choose another one.")
        }
        guard !inside.isEmpty else { return }
        guard replaces else {
            throw CommandRefusal("\(folder) is there already: choose another folder, or say --replace.")
        }
        // What stands there is deleted: so it has to be what an export left, and not where somebody stands.
        let here = FileManager.default.currentDirectoryPath + "/"
        guard Set(inside).isSubset(of: Self.own), !here.hasPrefix(path + "/") else {
            throw CommandRefusal(
                "\(folder) holds something else than an export, and is not replaced: choose another one.")
        }
    }

    /// What stands in a folder of an export's.
    private static let own: Set<String> = ["manifest.json", "keys", "certificates", "nats", "stores"]

    private static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    /// - Throws: `CommandRefusal` for what cannot be written; nothing is left of it then.
    func write(_ files: [AttributeValue]) throws {
        do {
            for file in files {
                guard let path = file["path"]?.string, let content = file["content"]?.string,
                    let mode = file["mode"]?.string.flatMap({ mode_t($0, radix: 8) })
                else { throw CommandRefusal("The answer holds no files.") }
                try write(path, Array(content.utf8), mode)
            }
            try takePlace()
        } catch {
            try? FileManager.default.removeItem(atPath: stage)
            throw error
        }
    }

    private func write(_ name: String, _ content: [UInt8], _ mode: mode_t) throws {
        // The gateway's paths lead nowhere else; whoever answers in its place could try.
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw CommandRefusal("The answer names a file that is nowhere.")
        }
        let place = stage + "/" + name
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let descriptor = open(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CommandRefusal("\(place) cannot be written: errno \(errno).") }
        defer { close(descriptor) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw CommandRefusal("\(place) cannot be written: errno \(errno).") }
            rest = rest.dropFirst(count)
        }
        guard fchmod(descriptor, mode) == 0 else { throw CommandRefusal("\(place) cannot be protected.") }
    }

    private func takePlace() throws {
        let files = FileManager.default
        let old = path + ".old-\(UUID().uuidString.prefix(8))"
        let isThere = files.fileExists(atPath: path)
        if isThere { try files.moveItem(atPath: path, toPath: old) }
        do { try files.moveItem(atPath: stage, toPath: path) } catch {
            if isThere { try? files.moveItem(atPath: old, toPath: path) }
            throw error
        }
        if isThere { try? files.removeItem(atPath: old) }
    }
}
