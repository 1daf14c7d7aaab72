import BenchTable
import Foundation
import SAML

/// Responses judged and issued a core-second, beside python3-saml on the same message and libxmlsec1 by itself, and what the
/// worst documents of 256 KiB cost: SAMLBench [python3 peer.py].
@main
enum SAMLBench {
    static func main() throws {
        let table = BenchTable()
        let stage = try SAMLStage()
        defer { stage.close() }
        let judged = try Processor.perSecond { _ = try stage.judge() }
        table.least("Responses judged a core-second, RSA 2,048, \(stage.signed.count) bytes", judged, 2_500, "")
        let opened = try Processor.perSecond { _ = try stage.judgeEncrypted() }
        say("Responses judged a core-second, encrypted as well: \(Int(opened))")
        try peer(stage, judged, table)
        let issued = try Processor.perSecond { _ = try stage.issue() }
        let bare = try BareSigning(stage)
        let signed = try Processor.perSecond { try bare.sign() }
        say("Responses issued a core-second: \(Int(issued)); signed by libxmlsec1 alone: \(Int(signed))")
        table.least("Issuing, of libxmlsec1's own signing", issued / signed, 0.8, "")
        for (name, bytes) in stage.malformed {
            let rate = try Processor.perSecond { stage.refuse(bytes) }
            table.most("Refusing \(name)", 1e6 / rate, 100, "µs")
        }
        var worst = (name: "", milliseconds: 0.0)
        for (name, bytes) in HostileDocuments.all(stage) {
            let cost = (0..<3).map { _ in seconds { stage.refuse(bytes) } * 1_000 }.min() ?? 0
            say("  \(name): \(String(format: "%.2f", cost)) ms")
            if cost > worst.milliseconds { worst = (name, cost) }
        }
        for (name, bytes, expectation) in try HostileKeys(stage).all() {
            let cost =
                (0..<3).map { _ in
                    seconds { _ = UnverifiedResponse(bytes).judged(by: expectation) } * 1_000
                }.min() ?? 0
            say("  \(name): \(String(format: "%.2f", cost)) ms")
            if cost > worst.milliseconds { worst = (name, cost) }
        }
        let inflating = (0..<3).map { _ in seconds { _ = try? Inflate.bytes(HostileDocuments.manyBlocks) } * 1_000 }
        say("  compressed in blocks that hold nothing: \(String(format: "%.2f", inflating.min() ?? 0)) ms")
        table.most("Processor time of the worst document of 256 KiB", worst.milliseconds, 20, "ms")
        try OracleTiming().measure(stage, table)
        try AggregateMetadata.measure(stage, table)
        if !table.isMet { exit(1) }
    }

    private static func peer(_ stage: SAMLStage, _ judged: Double, _ table: BenchTable) throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2, FileManager.default.fileExists(atPath: arguments[0]) else {
            return say("python3-saml is not installed; our figures stand alone.")
        }
        guard
            let rate = Double(
                try stage.run(arguments[0], [arguments[1]]).trimmingCharacters(in: .whitespacesAndNewlines))
        else { return say("python3-saml did not say its rate; our figures stand alone.") }
        say("Responses judged a core-second by python3-saml: \(Int(rate))")
        table.least("Judging, of python3-saml's rate", judged / rate, 5, "times")
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let start = Processor.threadSeconds
        body()
        return Processor.threadSeconds - start
    }
}
