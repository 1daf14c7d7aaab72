import BenchTable
import Foundation

/// One request, repeated by h2load over kept HTTP/1.1 connections.
public struct LoadGenerator: Sendable {
    /// What is asked for, with scheme and port.
    public let address: String
    public let headers: [String]
    /// What is posted; nil asks with GET.
    public let bodyFile: String?
    public let connections: Int
    /// Where h2load writes a line per request.
    private let log: String

    public init(
        _ address: String, headers: [String] = [], bodyFile: String? = nil, connections: Int = 32, folder: String
    ) {
        (self.address, self.headers, self.bodyFile, self.connections) = (address, headers, bodyFile, connections)
        log = folder + "/requests.log"
    }

    public struct Result: Sendable {
        public var rate = 0.0
        public var done = 0
        /// Answers that were not 200.
        public var failed = 0
        /// How long each took.
        public var seconds: [Double] = []
    }

    /// - Parameter arguments: how much: `-n COUNT`, or `-D SECONDS`.
    public func run(_ arguments: [String]) throws -> Result {
        try? FileManager.default.removeItem(atPath: log)
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/h2load")
        process.arguments =
            ["--h1", "-c", "\(connections)", "-t", "1", "--log-file", log]
            + (bodyFile.map { ["-d", $0] } ?? []) + headers.flatMap { ["-H", $0] } + arguments + [address]
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchFailure("h2load failed: \(text.suffix(1_000))") }
        return try read((ContinuousClock.now - start) / .seconds(1))
    }

    /// Each line: when it began (µs), the status, how long it took (µs).
    private func read(_ wall: Double) throws -> Result {
        var result = Result()
        for line in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count >= 3, let took = Double(fields[2]) else { continue }
            result.done += 1
            if fields[1] != "200" { result.failed += 1 }
            result.seconds.append(took / 1e6)
        }
        guard result.done > 0 else { throw BenchFailure("h2load logged no request.") }
        result.rate = Double(result.done) / wall
        return result
    }
}
