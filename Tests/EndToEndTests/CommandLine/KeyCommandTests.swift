import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("Keys by the command line", .timeLimit(.minutes(3)))
struct KeyCommandTests {
    private static func keys(_ installed: Installed) async throws -> [AttributeValue] {
        try #require(
            try StrictJSON.parse(Array(await installed.done("key", "list", "--json").utf8)).list)
    }

    @Test func keysAreListedRotatedAndWhatTheOldOnesSealedStillOpens() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("service-account", "add", "robot")
            try await installed.done("user", "add", "ada")
            let before = try await Self.keys(installed)
            #expect(before.allSatisfy { $0["state"] == "active" })
            #expect(before.first { $0["purpose"] == "person_key" }?["values"]?["person_keys"] == 1)
            for purpose in before.compactMap({ $0["purpose"]?.string }) {
                let said = try await installed.done("key", "rotate", purpose)
                #expect(said.hasPrefix("A new key is active for \(purpose). "))
            }
            let all = try await installed.done("key", "rotate", "all")
            #expect(all.split(separator: "\n").count == before.count)
            let unknown = try await installed.run("key", "rotate", "everything")
            #expect(unknown.status == 2 && unknown.error.contains("not a purpose"))
            let said = try await installed.done("key", "reseal")
            #expect(said == "Sealed anew: 1 values, unreadable: 0. Keys destroyed: 0.\n")
            let after = try await Self.keys(installed)
            #expect(after.count == 3 * before.count)
            #expect(after.filter { $0["state"] == "active" }.count == before.count)
            let person = after.filter { $0["purpose"] == "person_key" }
            #expect(person.map { $0["count"] } == [0, 0, 1])
            #expect(person.map { $0["waits_for"]?.list } == [["grace"], ["grace"], []])
            #expect(try await installed.done("user", "list").contains("ada"))
            let table = try await installed.done("key", "list")
            #expect(table.contains("PURPOSE") && table.contains("head_signing") && table.contains("grace"))
        }
        // The new keys are found at the next start, too, and without a server.
        #expect(try await installed.done("user", "show", "ada").contains("ada"))
        #expect(try await installed.done("db", "check").contains("✓"))
    }

    @Test func theMasterKeyIsReplacedBesideARunningServerAndOffline() async throws {
        let installed = try await Installed()
        let path = installed.folder + "/conf/master.key"
        let first = try String(contentsOfFile: path, encoding: .utf8)
        let backup = installed.folder + "/backup.db"
        try await installed.serving { program in
            try await installed.done("user", "add", "ada")
            try await installed.done("db", "backup", backup)
            let said = try await installed.done("key", "rewrap")
            #expect(said.contains("Every key is under the new master key in \(path)."))
            #expect(!said.contains(first.dropLast()))
            // What was served by the old one goes on, and so do those who read beside it.
            try await installed.done("user", "add", "bob")
            #expect(try await installed.done("db", "check").contains("✓"))
        }
        let second = try String(contentsOfFile: path, encoding: .utf8)
        #expect(first != second)
        #expect(try await installed.done("user", "list").contains("bob"))

        let offline = try await installed.done("key", "rewrap")
        let third = try String(contentsOfFile: path, encoding: .utf8)
        #expect(second != third)
        let code = try #require(offline.firstMatch(of: /([A-Z2-7]{4}-){13}[A-Z2-7]{4}/)).output.0
        try await installed.done("user", "show", "ada")
        let recovered = installed.folder + "/recovered.key"
        let outcome = try await GatehouseProgram.run(
            ["key", "recover", path + ".recovery", recovered], input: code + "\n")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try String(contentsOfFile: recovered, encoding: .utf8) == third)

        // A backup from before needs the key of its day, which was kept.
        let wrong = try await installed.run("doctor", "--prove-restore", backup)
        #expect(wrong.status == 1 && wrong.output.contains("✗ restore"))
        let kept = try FileManager.default.contentsOfDirectory(atPath: installed.folder + "/conf")
            .filter { $0.hasPrefix("master.key.former-") }
        #expect(kept.count == 2)
        let proofs = try await kept.asyncMap { name in
            try await installed.run(
                "doctor", "--prove-restore", backup, "--separate-key", "\(installed.folder)/conf/\(name)"
            ).output.contains("✓ restore")
        }
        #expect(proofs.count { $0 } == 1)
    }

    @Test func aWrongMasterKeyStopsTheStartAndSaysHowToMendIt() async throws {
        let installed = try await Installed()
        try await installed.done("user", "add", "ada")
        let path = installed.folder + "/conf/master.key"
        try FileManager.default.removeItem(atPath: path)
        try String(repeating: "ab", count: 32).write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        let refused = try await installed.run("user", "list")
        #expect(refused.status == 1)
        for part in [path, installed.data, "gatehouse key recover"] {
            #expect(refused.error.contains(part), "\(refused.error)")
        }
        try FileManager.default.removeItem(atPath: path)
        let outcome = try await GatehouseProgram.run(
            ["key", "recover", path + ".recovery", path], input: installed.recoveryCode + "\n")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try await installed.done("user", "list").contains("ada"))
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
