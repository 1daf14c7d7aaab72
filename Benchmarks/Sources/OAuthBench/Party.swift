import BenchServer
import BenchTable
import Foundation

/// A server that is measured: where its endpoints are, and what its client shows there.
struct Party: Sendable {
    let name: String
    let isOurs: Bool
    let process: pid_t
    let address: String
    let discovery: String
    let keys: String
    let token: String
    let introspection: String
    /// Of the client that gets signed access tokens.
    let credentials: String
    let scope: String
    let accessToken: String
}

/// Another authorization server, which a script starts, sets up, and ends when its input does.
final class Peer: @unchecked Sendable {
    // Guarded by use: started in `init`, ended in `stop`, both called by the one task of this program.
    private let process = Process()
    private let input = Pipe()
    let party: Party
    let version: String
    let algorithm: String

    private struct Description: Decodable {
        var unavailable: String?
        var process: Int32?
        var port: Int?
        var version: String?
        var algorithm: String?
        var client: String?
        var secret: String?
        var scope: String?
        var token: String?
        var discovery: String?
        var keys: String?
        var tokenPath: String?
        var introspection: String?
    }

    /// - Throws: `BenchFailure` with the reason why there is none.
    init(script: String, folder: String, certificate: String, key: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script, "--unpacked", folder, "--certificate", certificate, "--key", key]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        var line = Data()
        // Until its one line is there, or it has ended.
        while line.last != UInt8(ascii: "\n") {
            let next = output.fileHandleForReading.availableData
            guard !next.isEmpty else { break }
            line += next
        }
        guard let told = try? JSONDecoder().decode(Description.self, from: line) else {
            throw BenchFailure("its script told nothing")
        }
        if let reason = told.unavailable { throw BenchFailure(reason) }
        (version, algorithm) = (told.version ?? "", told.algorithm ?? "")
        party = Party(
            name: "glewlwyd", isOurs: false, process: told.process ?? 0, address: "https://127.0.0.1:\(told.port ?? 0)",
            discovery: told.discovery ?? "", keys: told.keys ?? "", token: told.tokenPath ?? "",
            introspection: told.introspection ?? "", credentials: "\(told.client ?? ""):\(told.secret ?? "")",
            scope: told.scope ?? "", accessToken: told.token ?? "")
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
