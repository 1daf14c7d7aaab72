import Foundation

// A directory job of 100,000 people and 2,000 nested groups, from a real slapd into a real gateway with its journal,
// beside `ldapsearch` reading the same tree.
// SyncBench [PEOPLE]   (and `SyncBench job CONFIG RESULT`, as which it starts itself). Exits 1 below a bar.

let arguments = CommandLine.arguments
do {
    if arguments.count == 4, arguments[1] == "job" {
        try await SyncJob.run(configuration: arguments[2], result: arguments[3])
        exit(0)
    }
    let people = arguments.count > 1 ? Int(arguments[1]) ?? 100_000 : 100_000
    exit(try await Measurement(people: people).run() ? 0 : 1)
} catch {
    print("The measurement failed: \(error)")
    exit(1)
}
