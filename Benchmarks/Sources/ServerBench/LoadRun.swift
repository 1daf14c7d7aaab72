import BenchServer
import BenchTable
import Foundation

/// One kind of request, first as fast as it goes, then at half of that.
struct LoadRun {
    let stage: ServerStage
    let server: ServerProcess
    let load: ServerStage.Load

    struct Measured {
        var microseconds = 0.0
        var p99 = 0.0
        var failed = 0
    }

    func measure() async throws -> Measured {
        let generator = LoadGenerator(
            "https://127.0.0.1:\(stage.port)\(load.path)",
            headers: ["authorization: Bearer \(stage.token)", "content-type: \(load.type)"], bodyFile: load.bodyFile,
            folder: stage.folder)
        // Connections, caches and the dispatch of everything once, before anything counts.
        _ = try generator.run(["-n", "5000"])
        var measured = Measured()
        let before = server.processorSeconds
        let peak = try generator.run(["-n", "60000"])
        measured.microseconds = (server.processorSeconds - before) * 1e6 / Double(max(1, peak.done))
        let rate = String(format: "%.2f", peak.rate / 2 / Double(generator.connections))
        let half = try generator.run(["-D", "10", "--rps", rate])
        measured.p99 = percentile(half.seconds, 0.99)
        measured.failed = peak.failed + half.failed
        say(
            "\(load.name): peak \(BenchTable.grouped(Int(peak.rate)))/s with \(generator.connections) connections; at half "
                + "of it p50 "
                + String(format: "%.2f ms, p99 %.2f ms", percentile(half.seconds, 0.5) * 1_000, measured.p99 * 1_000)
                + " over \(BenchTable.grouped(half.done)) requests")
        return measured
    }
}
