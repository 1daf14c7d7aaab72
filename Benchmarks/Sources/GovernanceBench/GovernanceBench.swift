import BenchTable
import Foundation
import Vocabulary

/// Bars of the governance core, each on one thread: separation of duties, decisions by governed rules, folding.
@main
enum GovernanceBench {
    static func main() throws {
        let table = BenchTable()
        try Duties.measure(table)
        try Rules.measureDecisions(table)
        try Rules.measureFold(table)
        if !table.isMet { exit(1) }
    }
}

/// Something the benchmark itself could not set up.
struct Unusable: Error {
    let what: String
}

/// Seconds of processor time that a body takes: bars are per core, and other programs are none of theirs.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = Processor.threadSeconds
    try body()
    return Processor.threadSeconds - start
}

/// A generator whose draws can be repeated.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

let noon = Timestamp(seconds: 1_800_000_000)
