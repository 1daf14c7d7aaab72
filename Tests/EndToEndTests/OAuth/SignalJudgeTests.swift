import Fixtures
import Foundation
import Gateway
import HTTPTypes
import JOSE
import Testing
import Vocabulary

/// A receiver that others wrote the cryptography of: TLS by Python's, tokens by joserfc.
@Suite("Security events, read by others", .timeLimit(.minutes(2)))
struct SignalJudgeTests {
    private static let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
    private static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Tools/signal_receiver.py").path

    private static func start(_ arguments: [String]) throws -> (Process, FileHandle) {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        process.standardOutput = output
        try process.run()
        return (process, output.fileHandleForReading)
    }

    static let hasJudge: Bool = {
        guard let (process, _) = try? start(["-c", "import joserfc"]) else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private static func line(_ handle: FileHandle) -> String {
        var text: [UInt8] = []
        while let byte = try? handle.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { text.append(byte) }
        return String(decoding: text, as: UTF8.self)
    }

    @Test(
        "over TLS, by the authority of the configuration, each event verifies; who knows no key yet hears again",
        .enabled(if: hasJudge, "joserfc is not there"))
    func judged() async throws {
        let authority = try await LocalCertificates()
        let server = try await authority.server(names: ["localhost"])
        let clock = MovedClock()
        let running = try await SignalScene.open(
            oauth: "  client_ca_file: \"\(authority.authorityFile)\"", clock: clock.now)
        try await running.serve { api in
            let gateway = running.gateway
            // Something is signed, so that the keys are there.
            _ = try await SignalScene.token(api, "shop")
            let keys = try await SignalScene.call(api, .get, "/oauth2/jwks", token: nil).json
            let file = running.folder + "/jwks.json"
            try Data(keys.serialized).write(to: URL(fileURLWithPath: file))
            let (process, output) = try Self.start([
                Self.tool, server.certificateFile, server.keyFile, file, OAuthScene.issuer, "shop", "4",
            ])
            defer { if process.isRunning { process.terminate() } }
            let port = try #require(Int(Self.line(output)))
            let id = try await SignalScene.stream(api, of: "shop", to: "https://localhost:\(port)/events")
            try await SignalScene.signIn(api, at: "shop")
            try await SignalScene.signIn(api, at: "shop", as: "bob")
            let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            let ada = try #require(try await api.send(.get, "/api/v1/people/ada").body?["id"]?.string)
            _ = try await gateway.credentials.makeRecoveryCodes(for: try #require(PersonID(ada)), by: caller)
            _ = try await api.send(.delete, "/api/v1/people/ada/sessions")
            #expect(try await api.send(.post, "/api/v1/signal-streams/\(id)/verify").status == 204)
            _ = try await api.send(.delete, "/api/v1/people/bob/sessions")
            for _ in 0..<2 {
                await gateway.signalCourier.deliver()
                #expect(try await SignalScene.shown(api, id)["last_error"]?.string == "invalid_key")
                clock.advance(.minutes(5))
            }
            await gateway.signalCourier.deliver()
            let claims = try (0..<4).map { _ in try JSONObject(parsing: Array(Self.line(output).utf8)) }
            let types = claims.map { $0["events"]?.object?.names.first }
            #expect(
                types == [SignalScene.changed, SignalScene.revoked, SignalScene.verification, SignalScene.revoked])
            #expect(Set(claims.map { $0["jti"]?.text }).count == 4)
            let shown = try await SignalScene.shown(api, id)
            #expect(shown["waiting"]?.integer == 0 && shown["last_error"] == nil)
        }
    }
}
