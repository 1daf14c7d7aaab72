import BenchTable
import Fixtures
import Foundation

/// Several loops measured in turns, so that a busy neighbour disturbs all of them alike: how often each is done, and what
/// one of it costs in processor time here and in the directory.
struct Turns {
    private struct Sum {
        var rate = 0.0
        var count = 0.0
        var own = 0.0
        var directory = 0.0
    }

    let workers: Int
    let directory: SlapdServer
    private var sums: [String: Sum] = [:]
    private var turns = 0.0

    init(workers: Int, directory: SlapdServer) {
        self.workers = workers
        self.directory = directory
    }

    /// One turn of every loop.
    mutating func turn(
        seconds: Double,
        _ loops: [(name: String, work: @Sendable (_ worker: Int, _ round: Int) async throws -> Void)]
    ) async throws {
        turns += 1
        for (name, work) in loops {
            let (own, remote) = (Processor.processSeconds, directorySeconds)
            let rate = try await rate(workers: workers, seconds: seconds, work)
            sums[name, default: Sum()].rate += rate
            sums[name, default: Sum()].count += rate * seconds
            sums[name, default: Sum()].own += Processor.processSeconds - own
            sums[name, default: Sum()].directory += directorySeconds - remote
        }
    }

    /// How often a second, over all turns.
    func perSecond(_ name: String) -> Double { (sums[name]?.rate ?? 0) / max(1, turns) }

    /// One line for one loop.
    func line(_ name: String) -> String {
        let sum = sums[name] ?? Sum()
        let count = max(1, sum.count)
        return String(
            format: "%@: %.0f/s; processor time of each %.3f ms here, %.3f ms in the directory", name, perSecond(name),
            1_000 * sum.own / count, 1_000 * sum.directory / count)
    }

    /// What the directory has used so far: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second (proc(5)).
    private var directorySeconds: Double {
        guard let process = directory.processIdentifier,
            let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / 100
    }
}
