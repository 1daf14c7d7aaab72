import BenchTable
import Foundation
import Vocabulary

/// Bars of the governance core, each on one thread: separation of duties, decisions by governed rules, folding, and
/// loading from a real store.
@main
enum GovernanceBench {
    static func main() async throws {
        let table = BenchTable()
        try Duties.measure(table)
        try await StoredDuties.measure(table)
        try Rules.measureDecisions(table)
        try Rules.measureFold(table)
        try await Replay.measure(table)
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

let noon = Timestamp(seconds: 1_800_000_000)
