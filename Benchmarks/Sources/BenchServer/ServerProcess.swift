import BenchTable
import Fixtures
import Foundation

/// The gateway as a process of its own: the release build beside this program.
public final class ServerProcess: @unchecked Sendable {
    // Guarded by use: started in `init`, ended in `stop`, both called by the one task of this program.
    private let process = Process()
    private let log: String
    private let port: Int

    public init(configuration: String, log: String, port: Int) throws {
        (self.log, self.port) = (log, port)
        let here = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = here.deletingLastPathComponent().appendingPathComponent("gatehouse")
        process.arguments = ["serve", "--config", configuration]
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
    }

    deinit { stop() }

    public func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Returns when the server accepts connections.
    public func isReady() async throws {
        for _ in 0..<600 {
            guard process.isRunning else { break }
            if LoopbackPort.accepts(port) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw BenchFailure("The gateway did not start: \(output.suffix(2_000))")
    }

    public var identifier: pid_t { process.processIdentifier }

    /// Seconds of processor time so far.
    public var processorSeconds: Double { ProcessorTime.seconds(of: identifier) }

    public var residentMB: Double {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = line?.split(separator: " ").compactMap { Double($0) }.first ?? .infinity
        return kibibytes * 1_024 / 1_000_000
    }
}
