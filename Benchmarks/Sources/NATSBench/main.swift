import BenchTable
import Fixtures
import Foundation

// Commands and events over a real server of NATS, and the export of credentials. Exits 1 below a bar.
//
//     NATSBench [commands] [relay] [export]

let table = BenchTable()
guard let executable = NatsServer.executables.last else { throw BenchFailure("There is no nats-server.") }
say("with \(executable.hasPrefix("/usr/") ? "Debian's nats-server" : "the newer nats-server")")
let chosen = Set(CommandLine.arguments.dropFirst())
func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
if isChosen("commands") { try await NATSStage.run(executable) { try await CommandRun(table: table).run($0) } }
if isChosen("relay") {
    try await NATSStage.run(executable, prepare: RelayRun.prepare) { try await RelayRun(table: table).run($0) }
}
if isChosen("export") { try await NATSStage.run(executable) { try await ExportRun(table: table).run($0) } }
exit(table.isMet ? 0 : 1)
