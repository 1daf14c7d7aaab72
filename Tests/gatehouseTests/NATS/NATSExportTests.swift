import Foundation
import Gateway
import Testing
import Vocabulary

@testable import gatehouse

@Suite("Credentials for NATS written as files")
struct NATSExportTests {
    private func scratch(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "gatehouse-nats-export-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func file(_ path: String, _ content: String = "x", mode: String = "0400") -> AttributeValue {
        ["path": .string(path), "mode": .string(mode), "content": .string(content)]
    }

    private func mode(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
    }

    @Test("a folder appears whole, with its modes, and takes another's place only where that is said")
    func whole() throws {
        try scratch { folder in
            let target = folder + "/out"
            try ExportFolder(target, replaces: false).write([
                file("stores/a/keys/K.nk", "seed"), file("stores/a/a.jwt", "token", mode: "0644"),
            ])
            #expect(try mode(target + "/stores/a/keys/K.nk") == 0o400)
            #expect(try mode(target + "/stores/a/a.jwt") == 0o644 && mode(target + "/stores") == 0o700)
            #expect(throws: CommandRefusal.self) { try ExportFolder(target, replaces: false) }
            try ExportFolder(target, replaces: true).write([file("manifest.json")])
            #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["manifest.json"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["out"])
        }
    }

    @Test("nothing is replaced that is no export, no link, and not where somebody stands")
    func precious() throws {
        try scratch { folder in
            try FileManager.default.createDirectory(atPath: folder + "/full/nats", withIntermediateDirectories: true)
            try "keep".write(toFile: folder + "/full/precious", atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/full")
            for name in ["full", "link", "full/precious"] {
                #expect(throws: CommandRefusal.self, "\(name)") {
                    try ExportFolder(folder + "/" + name, replaces: true)
                }
            }
            let here = FileManager.default.currentDirectoryPath
            #expect(throws: CommandRefusal.self) { try ExportFolder(here, replaces: true) }
            #expect(throws: CommandRefusal.self) { try ExportFolder("/", replaces: true) }
            #expect(try String(contentsOfFile: folder + "/full/precious", encoding: .utf8) == "keep")
        }
    }

    @Test(
        "a name that leads elsewhere is written nowhere, and nothing is left of the others",
        arguments: ["../x", "/etc/x", "a//b", "a/../../x", ".", ""])
    func elsewhere(name: String) throws {
        try scratch { folder in
            let target = try ExportFolder(folder + "/out", replaces: false)
            #expect(throws: CommandRefusal.self) { try target.write([file("good"), file(name)]) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    // S2-36
    @Test("an export goes to no volume that is not encrypted where that is asked for")
    func encryptedVolume() throws {
        // Nothing that is in memory only is known to be encrypted.
        let fault = #expect(throws: Fault.self) { try EncryptedVolume.require(at: "/proc") }
        #expect(fault?.code == "storage.not_encrypted" && fault?.remedy?.contains("LUKS") == true)
    }
}
