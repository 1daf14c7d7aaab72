import Fetch
import Foundation
import Testing
import Vocabulary

@Suite("A restore brings back neither the erased nor the signed in")
struct RestoreTests {
    private static let person = [
        "login": "zebulon.quagga", "name": "Zebulon Quagga-Wildebeest", "mail": "zq@quagga.example.org",
    ]

    /// Made, spoken of in a decision, backed up, and only then erased.
    private struct Life {
        let backup: String
        let cookies: [String: String]
        let apiKey: String
    }

    private static func live(_ installed: Installed) async throws -> Life {
        try await installed.serving { _ in
            let walk = try AdministratorWalk(installed)
            try await walk.setUp(
                Installed.link(in: String(contentsOfFile: installed.data + "/setup-link", encoding: .utf8)))
            try await installed.done(
                "user", "add", person["login"]!, "--name", person["name"]!, "--mail", person["mail"]!)
            try await installed.done("decide", person["login"]!, "read", "page:/of/zebulon.quagga")
            try await installed.done("service-account", "add", "nightly")
            let key = try await installed.done("api-key", "add", "nightly", "one").split(separator: "\n")[0]
            // What was recorded of decisions is flushed before it can be looked for.
            try await Task.sleep(for: .milliseconds(200))
            #expect(try !Installed.find(person, below: installed.data).isEmpty)
            let backup = installed.folder + "/before.db"
            try await installed.done("db", "backup", backup)
            try await installed.done("user", "erase", person["login"]!, "--yes")
            #expect(try Installed.find(person, below: installed.data) == [])
            #expect(try Installed.find(person, below: installed.data + "-heads") == [])
            #expect(try String(contentsOfFile: installed.erasures, encoding: .utf8).split(separator: "\n").count == 1)
            return Life(backup: backup, cookies: walk.browser.cookies, apiKey: String(key))
        }
    }

    // Slice 1: an erased person is found nowhere in database, segments, snapshots or backup taken after.
    @Test func anErasedPersonIsNowhereAfterAnOlderBackupCameBack() async throws {
        let installed = try await Installed()
        let life = try await Self.live(installed)
        #expect(
            try !Installed.find(Self.person, below: installed.folder).filter { $0.hasSuffix("in before.db") }.isEmpty)
        let old = installed.folder + "/old"
        let refused = try await installed.run("db", "restore", life.backup)
        #expect(refused.status == 1 && refused.error.contains("There is a database already"))
        try FileManager.default.moveItem(atPath: installed.data, toPath: old)
        let said = try await installed.done("db", "restore", life.backup)
        #expect(said.contains("Repeated: 1 erasures") && said.contains("1 API keys"))
        // Recorded decisions are files of their own, copied beside the backup.
        try FileManager.default.copyItem(atPath: old + "/decisions", toPath: installed.data + "/decisions")
        #expect(try Installed.find(Self.person, below: installed.data) == [])
        try await Self.verify(installed)
        try await installed.serving { _ in
            #expect(try await !installed.done("user", "list").contains("quagga"))
            try await Self.expectNobodySignedIn(installed, life)
            try await installed.done("db", "backup", installed.folder + "/after.db")
            try await installed.done("db", "check")
        }
        #expect(try Installed.find(Self.person, below: installed.data) == [])
        let after = FileManager.default.contents(atPath: installed.folder + "/after.db") ?? Data()
        for (what, text) in Self.person { #expect(!Installed.holds(after, text), "\(what)") }
        try await Self.verify(installed)
    }

    /// The export verifies against the newest head kept outside, and a cut tail is noticed.
    private static func verify(_ installed: Installed) async throws {
        let export = installed.folder + "/export-\(UUID().uuidString)"
        try await installed.done("audit", "export", export, "--with-sections")
        let text = try String(contentsOfFile: export, encoding: .utf8)
        for (what, secret) in person { #expect(!text.contains(secret), "\(what)") }
        let good = try await GatehouseProgram.run(["audit", "verify", export, "--checkpoint", installed.heads])
        #expect(good.status == 0, "\(good.error)")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        let last = try #require(lines.lastIndex { $0.hasPrefix("{\"record\"") })
        let cut = export + ".cut"
        try (lines[..<last] + lines[(last + 1)...]).joined(separator: "\n").write(
            toFile: cut, atomically: true, encoding: .utf8)
        let bad = try await GatehouseProgram.run(["audit", "verify", cut, "--checkpoint", installed.heads])
        #expect(bad.status == 1)
    }

    private static func expectNobodySignedIn(_ installed: Installed, _ life: Life) async throws {
        let base = "https://localhost:\(installed.port)"
        let browser = try installed.browser()
        try await browser.request(
            .get, base + "/account",
            headers: [FetchHeader("Cookie", life.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; "))])
        #expect(browser.status != 200)
        try await browser.request(
            .get, base + "/api/v1/people",
            headers: [FetchHeader("Authorization", "Bearer \(life.apiKey)"), FetchHeader("Accept", "application/json")])
        #expect(browser.status == 401)
    }

    @Test func aWrongOrMissingKeyAndALostErasureLogAreRefusedByName() async throws {
        let installed = try await Installed()
        let backup = installed.folder + "/backup.db"
        try await installed.serving { _ in try await installed.done("db", "backup", backup) }
        try FileManager.default.moveItem(atPath: installed.data, toPath: installed.folder + "/old")
        let key = installed.folder + "/conf/master.key"
        try FileManager.default.moveItem(atPath: key, toPath: key + ".away")
        let missing = try await installed.run("db", "restore", backup)
        #expect(missing.status == 1 && missing.error.contains(key))
        try String(repeating: "ab", count: 32).write(toFile: key, atomically: true, encoding: .utf8)
        chmod(key, 0o400)
        let wrong = try await installed.run("db", "restore", backup)
        #expect(wrong.status == 1 && wrong.error.contains("does not open the database"))
        #expect(wrong.error.contains("gatehouse key recover"))
        // The printed code brings the right one back.
        unlink(key)
        let mistyped = try await GatehouseProgram.run(
            ["key", "recover", key + ".recovery", key], input: "AAAA" + installed.recoveryCode.dropFirst(4) + "\n")
        #expect(mistyped.status == 1 && mistyped.error.contains("mistyped"))
        let recovered = try await GatehouseProgram.run(
            ["key", "recover", key + ".recovery", key], input: installed.recoveryCode + "\n")
        #expect(recovered.status == 0, "\(recovered.error)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: key)) == Data(contentsOf: URL(fileURLWithPath: key + ".away")))
        try FileManager.default.moveItem(atPath: installed.erasures, toPath: installed.folder + "/copy.jsonl")
        let lost = try await installed.run("db", "restore", backup)
        #expect(lost.status == 1 && lost.error.contains(installed.erasures) && lost.error.contains("--erasures"))
        try await installed.done("db", "restore", backup, "--erasures", installed.folder + "/copy.jsonl")
        try await installed.done("db", "check")
    }

    @Test func aBackupIsProvenUnderAKeyKeptApartWithoutTouchingTheServer() async throws {
        let installed = try await Installed()
        let backup = installed.folder + "/backup.db"
        let apart = installed.folder + "/apart.key"
        try await installed.serving { _ in
            try await installed.done("db", "backup", backup)
            try FileManager.default.copyItem(atPath: installed.folder + "/conf/master.key", toPath: apart)
            let good = try await installed.run("doctor", "--prove-restore", backup, "--separate-key", apart)
            #expect(good.status == 0 && good.output.contains("✓ restore"), "\(good.output)\(good.error)")
            let byCode = try await installed.run(
                "doctor", "--prove-restore", backup, "--recovery", installed.folder + "/conf/master.key.recovery",
                input: installed.recoveryCode + "\n")
            #expect(byCode.status == 0 && byCode.output.contains("✓ restore"), "\(byCode.output)")
            unlink(apart)
            try String(repeating: "cd", count: 32).write(toFile: apart, atomically: true, encoding: .utf8)
            chmod(apart, 0o400)
            let bad = try await installed.run("doctor", "--prove-restore", backup, "--separate-key", apart)
            #expect(bad.status == 1 && bad.output.contains("✗ restore"))
            try await installed.done("tenant", "list")
        }
    }

    @Test func aDatabaseBehindItsLastHeadOutsideStartsNothingUntilItIsRestored() async throws {
        let installed = try await Installed()
        let backup = installed.folder + "/backup.db"
        try await installed.serving { _ in try await installed.done("db", "backup", backup) }
        // The stopped database, put back after the gateway has gone on: what copying files instead of restoring does.
        let stolen = installed.folder + "/stolen"
        try FileManager.default.copyItem(atPath: installed.data, toPath: stolen)
        try await installed.serving { _ in try await installed.done("user", "add", "later") }
        try FileManager.default.removeItem(atPath: installed.data)
        try FileManager.default.copyItem(atPath: stolen, toPath: installed.data)
        let size = try await Self.events(installed)
        let outcome = try await installed.run("serve")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("kept outside") && outcome.error.contains("gatehouse db restore"))
        let write = try await installed.run("user", "add", "other")
        #expect(write.status == 1 && write.error.contains("kept outside"))
        #expect(try await Self.events(installed) == size)
        try FileManager.default.moveItem(atPath: installed.data, toPath: installed.folder + "/behind")
        try await installed.done("db", "restore", backup)
        try await installed.serving { _ in try await installed.done("user", "add", "other") }
    }

    /// How many events the journal has; reading works where appending is refused.
    private static func events(_ installed: Installed) async throws -> String {
        try await installed.done("audit", "export", installed.folder + "/export-\(UUID().uuidString)")
            .split(separator: " ")[1].description
    }
}
