import Foundation
import Testing
import Vocabulary

@testable import Gateway

@Suite final class SecretSourceTests {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-secret-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ text: String, mode: Int) throws -> SecretSource {
        let path = folder.appending(path: "secret-\(mode)").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return .file(path)
    }

    private func code(_ source: SecretSource) -> String? {
        do {
            _ = try source.load()
            return nil
        } catch {
            return (error as? Fault)?.code
        }
    }

    @Test func `a file that only its owner reads is a secret; one that others read is refused`() throws {
        #expect(try code(file("correct horse\n", mode: 0o400)) == nil)
        #expect(try code(file("correct horse\n", mode: 0o600)) == nil)
        for mode in [0o440, 0o404, 0o420, 0o644] {
            #expect(try code(file("correct horse\n", mode: mode)) == "configuration.secret_exposed", "\(mode)")
        }
    }

    @Test func `a secret that is absent, empty or too long is refused`() throws {
        #expect(code(.file(folder.appending(path: "none").path)) == "configuration.secret_missing")
        #expect(code(.environment("GATEHOUSE_NO_SUCH_SECRET")) == "configuration.secret_missing")
        #expect(try code(file("\n", mode: 0o600)) == "configuration.secret_missing")
        #expect(try code(file(String(repeating: "a", count: 65_536), mode: 0o600)) == nil)
        #expect(try code(file(String(repeating: "a", count: 65_537), mode: 0o600)) == "configuration.secret_unreadable")
    }

    @Test func `a new secret never takes the place of an old one`() throws {
        let path = folder.appending(path: "master.key").path
        try SecretFile.create(path, "first")
        #expect(throws: Fault.self) { try SecretFile.create(path, "second") }
        #expect(try SecretFile.read(path) == "first")
    }

    @Test func `a source names its place and never what is there`() {
        #expect("\(SecretSource("a.key", relativeTo: "/etc/gatehouse"))" == "/etc/gatehouse/a.key")
        #expect("\(SecretSource("env:NAME", relativeTo: "/etc/gatehouse"))" == "env:NAME")
    }
}
