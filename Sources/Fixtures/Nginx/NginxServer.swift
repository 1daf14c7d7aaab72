import Foundation
import Glibc
import Synchronization

/// A real nginx on loopback, in a folder of its own. It ends with `stop()`, or with the object that holds it.
public final class NginxServer: Sendable {
    /// The port all sites listen at, with TLS.
    public let port: Int
    public var processIdentifier: Int32 { process.identifier }
    private let folder: String
    private let process: ChildProcess
    private let stopped = Mutex(false)

    public static let executable = "/usr/sbin/nginx"

    /// Starts nginx and returns when it accepts connections.
    ///
    /// - Throws: `FixtureError`, with the end of nginx's own error log.
    public static func start(_ configuration: NginxConfiguration) async throws -> NginxServer {
        try configuration.validate()
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw FixtureError("\(executable) is missing; install the package nginx-light or nginx.")
        }
        return try await start(configuration, attempts: configuration.port == 0 ? 3 : 1)
    }

    // Between finding a free port and nginx binding it, somebody else may take it: then another one is tried.
    private static func start(_ configuration: NginxConfiguration, attempts: Int) async throws -> NginxServer {
        let server = try make(configuration)
        if await server.becomesReady() { return server }
        let log = server.errorLog
        await server.stop()
        guard attempts > 1 else { throw FixtureError("nginx did not start: \(log)") }
        return try await start(configuration, attempts: attempts - 1)
    }

    private static func make(_ configuration: NginxConfiguration) throws -> NginxServer {
        let port = configuration.port == 0 ? try LoopbackPort.free() : configuration.port
        return try NginxServer(configuration, port: port)
    }

    private init(_ configuration: NginxConfiguration, port: Int) throws {
        self.port = port
        folder = NSTemporaryDirectory() + "gatehouse-nginx-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let text = NginxText(configuration: configuration, folder: folder, port: port, isRoot: geteuid() == 0)
        try text.main.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        do {
            process = try ChildProcess(
                [Self.executable, "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"],
                atParentsEnd: .terminate)
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    deinit { end() }

    /// The last lines nginx wrote, for a message about what went wrong.
    public var errorLog: String {
        String((try? String(contentsOfFile: folder + "/error.log", encoding: .utf8))?.suffix(2_000) ?? "")
    }

    /// Ends nginx and its workers, waits until they are gone, and removes the folder. A second call does nothing.
    public func stop() async { end() }

    private func end() {
        let isFirst = stopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        // TERM is nginx's fast shutdown: the master ends its workers before itself.
        process.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func becomesReady() async -> Bool {
        for _ in 0..<250 {
            guard process.isRunning else { return false }
            if LoopbackPort.accepts(port), FileManager.default.fileExists(atPath: folder + "/nginx.pid") { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}
