import BenchTable
import Foundation

/// One kind of request, first as fast as it goes, then at half of that.
struct LoadRun {
    let stage: ServerStage
    let server: ServerProcess
    let load: ServerStage.Load
    private let clients = 32

    struct Measured {
        var microseconds = 0.0
        var p99 = 0.0
        var failed = 0
    }

    func measure() async throws -> Measured {
        // Connections, caches and the dispatch of everything once, before anything counts.
        _ = try run(["-n", "5000"])
        var measured = Measured()
        let before = server.processorSeconds
        let peak = try run(["-n", "60000"])
        measured.microseconds = (server.processorSeconds - before) * 1e6 / Double(max(1, peak.done))
        let half = try run(["-D", "10", "--rps", String(format: "%.2f", peak.rate / 2 / Double(clients))])
        measured.p99 = percentile(half.seconds, 0.99)
        measured.failed = peak.failed + half.failed
        say(
            "\(load.name): peak \(BenchTable.grouped(Int(peak.rate)))/s with \(clients) connections; at half of it p50 "
                + String(format: "%.2f ms, p99 %.2f ms", percentile(half.seconds, 0.5) * 1_000, measured.p99 * 1_000)
                + " over \(BenchTable.grouped(half.done)) requests")
        return measured
    }

    private struct Result {
        var rate = 0.0
        var done = 0
        var failed = 0
        var seconds: [Double] = []
    }

    private func run(_ arguments: [String]) throws -> Result {
        let log = stage.folder + "/requests.log"
        try? FileManager.default.removeItem(atPath: log)
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/h2load")
        process.arguments =
            ["--h1", "-c", "\(clients)", "-t", "1", "--log-file", log, "-d", load.bodyFile]
            + ["-H", "authorization: Bearer \(stage.token)", "-H", "content-type: \(load.type)"] + arguments
            + ["https://127.0.0.1:\(stage.port)\(load.path)"]
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchFailure("h2load failed: \(text.suffix(1_000))") }
        return try read(log, (ContinuousClock.now - start) / .seconds(1))
    }

    /// Each line: when it began (µs), the status, how long it took (µs).
    private func read(_ log: String, _ wall: Double) throws -> Result {
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
