import BenchServer
import BenchTable
import Foundation

// The gateway as authorization server and OpenID Provider: its endpoints beside glewlwyd's in the same run, refresh
// tokens that rotate durably, whole sign-ins to an application beside the bare hash, and what the time of a refusal tells.
// Exits 1 below a bar.
//
//     OAuthBench [--peer SCRIPT FOLDER] [endpoints] [rotations] [logins] [timing]
//
// The script starts glewlwyd, whose package is unpacked in the folder; without it our figures stand alone. Words choose the
// runs; none means all of them. `sign-ins` is for a profiler, and has no bar.

let table = BenchTable()
let words = Array(CommandLine.arguments.dropFirst())
let peer = words.firstIndex(of: "--peer").flatMap { place in
    words.count > place + 2 ? (script: words[place + 1], folder: words[place + 2]) : nil
}
let chosen = Set(words).intersection(["endpoints", "rotations", "logins", "timing", "sign-ins"])
func isChosen(_ run: String) -> Bool { chosen.isEmpty || chosen.contains(run) }
do {
    let stage = try await OAuthStage()
    if isChosen("endpoints") { try await EndpointRun(stage: stage, peer: peer).measure(table) }
    if isChosen("rotations") { try await RotationRun(stage: stage).measure(table) }
    if isChosen("logins") { try await SignInRun(stage: stage).measure(table) }
    if isChosen("timing") { try await TimingRun(stage: stage).measure(table) }
    if words.contains("sign-ins") { try await SignInRun(stage: stage).signInsAlone() }
} catch {
    say("OAuthBench failed: \(error)")
    exit(1)
}
exit(table.isMet ? 0 : 1)
