import BenchTable
import Foundation
import SAML

/// Whether the time of a refusal tells what was wrong with a ciphertext: the wrapped key, or the content under a key that was
/// unwrapped. Measured in the process, where no network hides anything; Welch's t of the two samples.
struct OracleTiming {
    private let rounds = 10_000
    /// Beyond it a difference is not chance (Reparaz and others, "Dude, is my code constant time?", 2017).
    private let bar = 4.5

    func measure(_ stage: SAMLStage, _ table: BenchTable) throws {
        var messages = [try stage.changedCiphertexts(inKey: true, 64), try stage.changedCiphertexts(inKey: false, 64)]
        for index in messages.indices { messages[index].shuffle() }
        var samples: [[Double]] = [[], []]
        for round in 0..<rounds {
            for kind in [0, 1].shuffled() {
                let bytes = messages[kind][round % messages[kind].count]
                let start = Processor.threadSeconds
                stage.refuse(bytes)
                samples[kind].append((Processor.threadSeconds - start) * 1e6)
            }
        }
        // Beyond it is what the machine did meanwhile.
        let all = (samples[0] + samples[1]).sorted()
        let crop = all[all.count * 9 / 10]
        let (key, content) = (moments(samples[0].filter { $0 <= crop }), moments(samples[1].filter { $0 <= crop }))
        say(
            String(
                format: "refusals take %.2f µs on average for a changed key, %.2f µs for changed content", key.mean,
                content.mean))
        table.most(
            "changed key or changed content: Welch's t of \(BenchTable.grouped(rounds)) refusals each",
            abs(key.mean - content.mean) / (key.error + content.error).squareRoot(), bar, "")
    }

    private func moments(_ values: [Double]) -> (mean: Double, error: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, squares / Double(values.count - 1) / Double(values.count))
    }
}
