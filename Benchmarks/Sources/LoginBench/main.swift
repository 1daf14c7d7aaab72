import BenchTable
import Foundation
import Gateway

// Logins through the gateway's own login flow, beside what they cannot be faster than: the hash for passwords kept here,
// a bare search and bind for a directory's; then how long a disabled person is still let in. Exits 1 below a bar.
// Words after the name (`passwords`, `directory`, `revocation`) choose the runs; none means all of them. `directory-logins` is for
// a profiler, and has no bar.

let table = BenchTable()
let chosen = Set(CommandLine.arguments.dropFirst())
func isChosen(_ run: String) -> Bool { chosen.isEmpty || chosen.contains(run) }
do {
    let stage = try await LoginStage()
    if isChosen("passwords") { try await PasswordRun(stage: stage).measure(table) }
    if isChosen("directory") { try await DirectoryRun(stage: stage).measure(table) }
    if chosen.contains("directory-logins") { try await DirectoryRun(stage: stage).loginsAlone() }
    if isChosen("revocation") { try await RevocationRun(stage: stage).measure(table) }
    try await stage.gateway.close()
} catch {
    say("LoginBench failed: \(error)")
    exit(1)
}
exit(table.isMet ? 0 : 1)
