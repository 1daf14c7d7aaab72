import BenchTable
import Foundation

// Measures decisions per second on one core, recording on: from texts to a decision with all determining rules, handed
// over for the record. No result is cached.
// AuthorizationBench [workload.json …]   the files' worlds, then a large one of its own. Exits 1 below a bar.

let table = BenchTable()
for file in CommandLine.arguments.dropFirst() {
    let world = try JSONDecoder().decode(World.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    try await DecisionRun(world).measure("200 policies", bar: 1_000_000, table)
}
let large = World.Size(people: 100_000, groups: 2_000, documents: 50_000, policies: 2_000, requests: 10_000)
try await DecisionRun(.make(large, seed: 20_261_122)).measure("2,000 policies", bar: 500_000, table)
exit(table.isMet ? 0 : 1)
