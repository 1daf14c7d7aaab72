import Fixtures
import Foundation
import Vocabulary

/// `gatehouse demo` as a child process: a whole gateway with a real directory, nginx and an application on another host.
final class RunningDemo {
    private let process = Process()
    private let folder: String
    private let port: Int
    /// The one-time link that makes the first administrator.
    private(set) var setupLink = ""
    /// ada's invitation to set up an authenticator app.
    private(set) var invitation = ""

    var gateway: String { "https://gate.localhost:\(port)" }
    var application: String { "https://app.localhost:\(port)" }

    /// Starts it and waits until it says where it is.
    init() async throws {
        port = try LoopbackPort.free()
        folder = NSTemporaryDirectory() + "gatehouse-browser-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let said = folder + "/said.txt"
        _ = FileManager.default.createFile(atPath: said, contents: nil)
        process.executableURL = try Self.product()
        process.arguments = ["demo", "--port", String(port)]
        process.standardOutput = FileHandle(forWritingAtPath: said)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(30)
        repeat {
            let text = (try? String(contentsOfFile: said, encoding: .utf8)) ?? ""
            let links = text.matches(of: /https:\S+\/login\/link\/\S+/).map { String($0.output) }
            if links.count == 2, text.contains("Authority ") {
                (setupLink, invitation) = (links[0], links[1])
                return
            }
            guard process.isRunning else { throw Fault("demo", .ourselves, "The demo ended: \(text.suffix(400))") }
            try await Task.sleep(for: .milliseconds(50))
        } while ContinuousClock.now < deadline
        stop()
        throw Fault("demo", .ourselves, "The demo did not start within 30 seconds.")
    }

    /// Ends it as Ctrl-C does; it removes its own folder.
    func stop() {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until the child is gone, so that no test leaves a directory or a proxy behind.
    func stopped() async {
        stop()
        let deadline = ContinuousClock.now + .seconds(15)
        while process.isRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    }

    deinit { stop() }

    private static func product() throws -> URL {
        // `swift test` runs the bundle through a helper elsewhere; the product lies in the build folder.
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        let path = String(root) + "/.build/debug/gatehouse"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Fault("demo", .ourselves, "\(path) is not built.")
        }
        return URL(fileURLWithPath: path)
    }
}
