import BenchServer
import BenchTable
import Foundation

/// Whether the time of a refusal tells a client that exists from one that does not: the same wrong secret for both, over the
/// loopback, which is nearer than any attacker, in short turns of random order; and Welch's t of the two samples.
struct TimingRun {
    let stage: OAuthStage
    private let turns = 100
    private let callsOfTurn = 100
    /// Beyond it a difference is not chance (Reparaz and others, "Dude, is my code constant time?", 2017).
    private let bar = 4.5

    func measure(_ table: BenchTable) async throws {
        let server = try await stage.serve()
        defer { server.stop() }
        // Names of one length: the length of a name that was sent is no secret.
        let loads = try ["opaque", "opaqua"].map(load)
        var samples: [[Double]] = [[], []]
        for load in loads { _ = try load.run(["-n", "2000"]) }
        for turn in Array(repeating: [0, 1], count: turns).flatMap({ $0.shuffled() }) {
            samples[turn] += try times(loads[turn])
        }
        // Beyond it is what the machine did meanwhile.
        let crop = percentile(samples[0] + samples[1], 0.9)
        let kept = samples.map { $0.filter { $0 <= crop } }
        let (wrong, unknown) = (Self.moments(kept[0]), Self.moments(kept[1]))
        say(
            String(
                format: "refusals take %.1f µs on average for a wrong secret, %.1f µs for a client that does not exist",
                wrong.mean, unknown.mean))
        table.most(
            "wrong secret or no such client: Welch's t of \(BenchTable.grouped(turns * callsOfTurn)) refusals each",
            abs(wrong.mean - unknown.mean) / (wrong.error + unknown.error).squareRoot(), bar, "")
    }

    private func load(_ client: String) throws -> LoadGenerator {
        let file = stage.folder + "/timing.form"
        try "grant_type=client_credentials".write(toFile: file, atomically: true, encoding: .utf8)
        let credentials = Data("\(client):a-wrong-secret-of-thirty-two-char".utf8).base64EncodedString()
        return LoadGenerator(
            stage.address + "/oauth2/token",
            headers: ["authorization: Basic \(credentials)", "content-type: application/x-www-form-urlencoded"],
            bodyFile: file, connections: 1, folder: stage.folder)
    }

    /// Microseconds of each refusal of a turn.
    private func times(_ load: LoadGenerator) throws -> [Double] {
        let result = try load.run(["-n", "\(callsOfTurn)"])
        guard result.failed == result.done else { throw BenchFailure("A wrong secret was taken.") }
        return result.seconds.map { $0 * 1e6 }
    }

    private static func moments(_ values: [Double]) -> (mean: Double, error: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, squares / Double(values.count - 1) / Double(values.count))
    }
}
