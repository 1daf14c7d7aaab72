import Fixtures
import Foundation
import Testing
import Vocabulary

/// An installation made by `gatehouse init` in a folder of its own, with a certificate of a local authority.
final class Installed: Sendable {
    let folder: String
    let port: Int
    let authorityFile: String
    /// What `init` printed.
    let announcement: String
    private let certificates: LocalCertificates

    /// - Parameter change: edits the configuration that `init` wrote.
    init(_ change: (String) -> String = { $0 }) async throws {
        folder = NSTemporaryDirectory() + "gatehouse-installed-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        port = try LoopbackPort.free()
        let made = try await GatehouseProgram.run([
            "init", folder + "/conf", "--public-url", "https://localhost:\(port)", "--storage", folder + "/data",
        ])
        try #require(made.status == 0, "\(made.error)")
        announcement = made.output
        certificates = try await LocalCertificates(name: "Gatehouse test authority")
        authorityFile = certificates.authorityFile
        let server = try await certificates.server(names: ["localhost", "127.0.0.1"])
        try FileManager.default.copyItem(atPath: server.certificateFile, toPath: folder + "/conf/server.pem")
        try FileManager.default.copyItem(atPath: server.keyFile, toPath: folder + "/conf/server.key")
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
            .replacingOccurrences(of: "127.0.0.1:8443", with: "127.0.0.1:\(port)")
        try change(text).write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var configuration: String { folder + "/conf/gatehouse.yaml" }
    var data: String { folder + "/data" }
    var heads: String { folder + "/data-heads/heads.jsonl" }
    var erasures: String { folder + "/data-heads/erasures.jsonl" }

    /// The code that `init` printed once.
    var recoveryCode: String {
        announcement.firstMatch(of: /([A-Z2-7]{4}-){13}[A-Z2-7]{4}/).map { String($0.output.0) } ?? ""
    }

    /// Runs a command against this installation.
    func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws
        -> GatehouseProgram.Outcome
    {
        try await GatehouseProgram.run(
            arguments + ["--config", configuration], input: input, environment: environment, folder: folder)
    }

    /// Runs a command that must succeed; answers what it printed.
    @discardableResult func done(_ arguments: String..., input: String = "") async throws -> String {
        let outcome = try await GatehouseProgram.run(
            arguments + ["--config", configuration], input: input, folder: folder)
        try #require(outcome.status == 0, "\(arguments): \(outcome.error)")
        return outcome.output
    }

    func serve(environment: [String: String] = [:]) async throws -> ServingProgram {
        try await ServingProgram(
            configuration: configuration, log: folder + "/serve-\(UUID().uuidString).log", environment: environment)
    }

    /// Serves while the body runs, and stops whatever comes of it.
    @discardableResult func serving<Value>(
        environment: [String: String] = [:], _ body: (ServingProgram) async throws -> Value
    ) async throws -> Value {
        let program = try await serve(environment: environment)
        do {
            let value = try await body(program)
            let status = try await program.stop()
            #expect(status == 0)
            return value
        } catch {
            try await program.stop()
            throw error
        }
    }

    /// A GET over the control socket, as the machine's administrator asks it.
    func ask(_ path: String) async throws -> (status: Int, text: String) {
        let answer = try await GatehouseProgram.run(
            "/usr/bin/curl",
            [
                "-s", "-w", "\n%{http_code}", "--unix-socket", data + "/control.sock",
                "http://gatehouse.localhost" + path,
            ],
            environment: [:])
        let lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    func browser() throws -> FormBrowser { try FormBrowser(authorityFile: authorityFile) }

    /// Where a single-use link leads that a command printed or `serve` kept in a file.
    static func link(in text: String) throws -> String {
        let found = text.firstMatch(of: /https:\/\/\S+\/login\/link\/\S+/)
        return try #require(found.map { String($0.output) }, "no link in \(text.prefix(200))")
    }

    /// Every file below a folder whose bytes hold one of these texts, with the text.
    static func find(_ secrets: [String: String], below folder: String) throws -> [String] {
        var found: [String] = []
        let files = FileManager.default.enumerator(atPath: folder)
        while let name = files?.nextObject() as? String {
            let path = folder + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                let data = FileManager.default.contents(atPath: path)
            else { continue }
            for (what, secret) in secrets where holds(data, secret) {
                found.append("\(what) in \(name)")
            }
        }
        return found.sorted()
    }

    /// Whether the bytes hold this text. Six digits stand in larger numbers and fractions of seconds by accident; there
    /// they are not looked for.
    static func holds(_ data: Data, _ secret: String) -> Bool {
        let needle = Data(secret.utf8)
        let isShortNumber = secret.count <= 8 && secret.allSatisfy(\.isNumber)
        var start = data.startIndex
        while let found = data.range(of: needle, in: start..<data.endIndex) {
            let before = found.lowerBound > data.startIndex ? data[found.lowerBound - 1] : 0
            let after = found.upperBound < data.endIndex ? data[found.upperBound] : 0
            let isPart = [before, after].contains { (0x30...0x39).contains($0) } || before == 0x2E
            if !isShortNumber || !isPart { return true }
            start = found.upperBound
        }
        return false
    }
}
