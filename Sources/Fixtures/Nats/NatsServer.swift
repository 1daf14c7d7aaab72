import Foundation
import Glibc
import Synchronization

/// A real nats-server on 127.0.0.1, in a folder of its own. It ends with `stop()`, with the object that holds it, or with the
/// process.
public final class NatsServer: Sendable {
    /// Where clients connect.
    public let port: Int
    /// What it writes into; gone with it.
    public let folder: String
    private let executable: String
    private let process: Mutex<ChildProcess>

    /// Debian's, and the newer one of PyPI that stands beside the Python of `JUDGE_PYTHON`: those that are there.
    public static let executables: [String] = {
        let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? ""
        let beside = (python as NSString).deletingLastPathComponent + "/nats-server"
        return ["/usr/sbin/nats-server", beside].filter { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameter configuration: what it is configured with beside its address, for the folder that it may write into.
    /// - Throws: `FixtureError`, with the end of the server's own output.
    public static func start(
        _ executable: String, _ configuration: @Sendable (_ folder: String) -> String
    ) async throws -> NatsServer {
        // Between finding a free port and binding it, somebody else may take it: then another one is tried.
        for attempt in 1... {
            let server = try NatsServer(executable, port: LoopbackPort.free(), configuration)
            if await server.becomesReady(times: 1) { return server }
            let log = server.log
            server.stop()
            guard attempt < 3 else { throw FixtureError("\(executable) did not start: \(log.suffix(2_000))") }
        }
        throw FixtureError("\(executable) did not start.")
    }

    private init(_ executable: String, port: Int, _ configuration: (String) -> String) throws {
        self.port = port
        self.executable = executable
        folder = NSTemporaryDirectory() + "gatehouse-nats-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let own = "listen: 127.0.0.1:\(port)\nserver_name: fixture\ndebug: true\nlogtime: false\n"
        do {
            try (own + configuration(folder)).write(toFile: folder + "/nats.conf", atomically: true, encoding: .utf8)
            process = Mutex(try Self.process(executable, folder))
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    deinit { stop() }

    private static func process(_ executable: String, _ folder: String) throws -> ChildProcess {
        try ChildProcess([executable, "-c", folder + "/nats.conf"], output: folder + "/nats.log", atParentsEnd: .kill)
    }

    /// Ends the server at once, as a crash would. Its port, configuration and files stay for `restart()`.
    public func crash() { process.withLock { $0.kill() } }

    /// Lets it stand still, connections and all, until `proceed()`.
    public func suspend() { process.withLock { $0.suspend() } }
    /// Lets it go on.
    public func proceed() { process.withLock { $0.signal(SIGCONT) } }

    /// Starts it once more, and returns when it accepts connections.
    ///
    /// - Throws: `FixtureError`.
    public func restart() async throws {
        let starts = starts
        try process.withLock { process in
            process.end()
            process = try Self.process(executable, folder)
        }
        guard await becomesReady(times: starts + 1) else {
            throw FixtureError("\(executable) did not start again: \(log.suffix(2_000))")
        }
    }

    /// How often it said that it is ready.
    private var starts: Int { log.components(separatedBy: "Server is ready").count - 1 }

    /// What the server wrote so far: why it refused somebody stands there, and nowhere else.
    public var log: String { (try? String(contentsOfFile: folder + "/nats.log", encoding: .utf8)) ?? "" }

    /// Ends the server and removes its folder. A second call does nothing.
    public func stop() {
        process.withLock { $0.end() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func becomesReady(times: Int) async -> Bool {
        for _ in 0..<500 {
            guard process.withLock({ $0.isRunning }) else { return false }
            if starts >= times, LoopbackPort.accepts(port) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
