import BenchServer
import BenchTable
import Foundation

// Runs the release `gatehouse serve` beside this program, over TLS with callers authenticated, metrics and recording on,
// and loads it with h2load. Exits 1 below a bar.

let table = BenchTable()
do {
    let stage = try await ServerStage()
    let server = try await stage.start()
    try await Task.sleep(for: .seconds(5))
    table.most("server: resident memory, idle", server.residentMB, 100, "MB")
    for load in stage.loads {
        let measured = try await LoadRun(stage: stage, server: server, load: load).measure()
        table.most("\(load.name): processor time of the server per request", measured.microseconds, 100, "µs")
        table.most("\(load.name): p99 at half of the peak", measured.p99 * 1_000, 10, "ms")
        table.exact("\(load.name): answers that were not 200", measured.failed, 0)
    }
    server.stop()
    let recorded = try await stage.recorded()
    say("recorded while serving: \(BenchTable.grouped(recorded.count)) decisions; not recorded: \(recorded.gaps)")
    table.exact("server: decisions that were not recorded", recorded.gaps, 0)
} catch {
    say("ServerBench failed: \(error)")
    exit(1)
}
exit(table.isMet ? 0 : 1)
