import Fetch
import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("Policies, passwords, sessions and tenants by the command line", .timeLimit(.minutes(3)))
struct KeeperCommandTests {
    private static func json(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }
    private static let policies = GatehouseProgram.root + "/config/"

    @Test(arguments: ["policies/handbook.yaml", "demo/policies.yaml"])
    func theShippedPoliciesHaveNoFaultsAndTheirCasesHold(_ name: String) async throws {
        let linted = try await GatehouseProgram.run(["policy", "lint", Self.policies + name])
        #expect(linted.status == 0 && linted.output.contains("has no faults"), "\(linted.error)")
        let tested = try await GatehouseProgram.run(["policy", "test", Self.policies + name])
        #expect(tested.status == 0, "\(tested.output)\(tested.error)")
        #expect(tested.output.contains("✓ ") && !tested.output.contains("✗"))
    }

    @Test func aPolicyIsJudgedTriedAndStored() async throws {
        let installed = try await Installed()
        let file = installed.folder + "/door.yaml"
        func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
        let policy = """
            version: 1
            policies:
              - id: door
                effect: allow
                subjects: any
                actions: [open]
                resources: { types: [door] }

            """
        func cases(_ expected: String) -> String {
            policy + """
                tests:
                  - name: anybody opens a door
                    subject: { id: ada }
                    action: open
                    resource: { type: door, id: front }
                    expect: \(expected)

                """
        }
        try write(policy)
        let none = try await installed.runFile("policy", "test", file)
        #expect(none.status == 1 && none.error.contains("no cases"))
        try write(cases("deny"))
        let wrong = try await installed.runFile("policy", "test", file)
        #expect(wrong.status == 1 && wrong.output.contains("✗ anybody opens a door: expected deny"), "\(wrong.output)")
        try write("version: 1\npolicies:\n  - { id: door, effect: perhaps, colour: red }\n")
        let faulty = try await installed.runFile("policy", "lint", file)
        #expect(faulty.status == 1)
        for fault in ["perhaps", "colour", "actions"] { #expect(faulty.error.contains(fault), "\(faulty.error)") }
        try write(policy + policy.split(separator: "\n").dropFirst(2).joined(separator: "\n") + "\n")
        let repeated = try await installed.runFile("policy", "lint", file)
        #expect(repeated.status == 1 && repeated.error.contains("stands twice"), "\(repeated.error)")
        try write(cases("permit"))
        #expect(try await installed.runFile("policy", "test", file).output == "✓ anybody opens a door\n")

        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            #expect(try await installed.done("decide", "ada", "open", "door:front").hasPrefix("deny"))
            #expect(try await installed.done("policy", "put", file) == "Stored door.yaml, version 1.\n")
            #expect(try await installed.done("decide", "ada", "open", "door:front").hasPrefix("permit"))
            // The same again is no new version; another text is.
            #expect(try await installed.done("policy", "put", file, "--name", "door.yaml").contains("version 1"))
            try write(cases("permit").replacingOccurrences(of: "[open]", with: "[open, knock]"))
            #expect(try await installed.done("policy", "put", file).contains("version 2"))
            let shown = try Self.json(await installed.done("policy", "show", "door.yaml", "--json"))
            #expect(shown["version"] == 2)
            try write("version: 1\npolicies: [ { id: door } ]\n")
            let refused = try await installed.run("policy", "put", file)
            #expect(refused.status == 1 && !refused.error.isEmpty)
            try await installed.done("policy", "delete", "door.yaml")
            #expect(try await installed.done("decide", "ada", "open", "door:front").hasPrefix("deny"))
        }
    }

    @Test func unknownNamesAreWarnedOfWhereTheyCanBeKnown() async throws {
        let installed = try await Installed()
        let file = installed.folder + "/names.yaml"
        func write(role: String, action: String, group: String) throws {
            try """
            version: 1
            policies:
              - { id: one, effect: allow, subjects: { roles: [\(role)], groups: [\(group)] }, actions: [\(action)],
                  resources: { types: [person] } }
              - { id: two, effect: allow, subjects: any, actions: [frobnicate], resources: { types: [page] } }
            """.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write(role: "Raeder", action: "raed", group: "nobody")
        // By itself, a document may name whatever some gateway has.
        let alone = try await installed.runFile("policy", "lint", file)
        #expect(alone.status == 0 && alone.error.isEmpty, "\(alone.error)")
        let warnings = [
            "! one: role `Raeder` does not exist\n", "! one: group `nobody` does not exist\n",
            "! one: nothing here does `raed` to person\n",
        ]
        let stopped = try await installed.run("policy", "lint", file)
        #expect(stopped.status == 0 && stopped.error == warnings.joined(), "\(stopped.error)")
        try await installed.serving { _ in
            #expect(try await installed.run("policy", "lint", file).error == warnings.joined())
            let json = try Self.json(await installed.done("policy", "lint", file, "--json"))
            #expect(json["faults"] == [] && json["warnings"]?.list?.count == 3)
            try await installed.done("role", "add", "Raeder")
            let group = try Self.json(await installed.done("group", "add", "Nobody", "--json"))
            try write(role: "Raeder", action: "read", group: try #require(group["id"]?.string))
            let known = try await installed.run("policy", "lint", file)
            #expect(known.status == 0 && known.error.isEmpty, "\(known.error)")
            #expect(try await installed.done("policy", "list") == "none\n", "nothing is stored")
        }
        let wrong = try await GatehouseProgram.run(["policy", "lint", file, "--config", "/nonexistent.yaml"])
        #expect(wrong.status == 1 && !wrong.error.isEmpty)
    }

    @Test func aCandidateIsJudgedFromStandardInput() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            let good = try await installed.done(
                "user", "password", "check", "ada", input: "seven different walnut ladders\n")
            #expect(good.contains("✓ It may be used."))
            #expect(!good.contains("walnut"))
            for bad in ["short", "passwordpassword"] {
                let refused = try await installed.run("user", "password", "check", "ada", input: bad + "\n")
                #expect(refused.status == 1 && refused.error.contains("✗ "), "\(bad): \(refused.error)")
                #expect(!refused.output.contains(bad) && !refused.error.contains(bad))
            }
            let nobody = try await installed.run("user", "password", "check", "nobody", input: "x\n")
            #expect(nobody.status == 1)
        }
    }

    @Test func aSessionIsEndedByItsIdOrWithAllOfAPerson() async throws {
        let installed = try await Installed { $0.replacingOccurrences(of: "[Admin, Operator]", with: "[]") }
        try await installed.serving { _ in
            try await installed.done("user", "add", "ada")
            let browsers = [try installed.browser(), try installed.browser()]
            for (index, browser) in browsers.enumerated() { try await enter(browser, installed, isFirst: index == 0) }
            let listed = try Self.json(await installed.done("session", "list", "ada", "--json"))
            let ids = (listed["items"]?.list ?? listed.list ?? []).compactMap { $0["id"]?.string }
            #expect(ids.count == 2)
            #expect(try await installed.done("session", "end", try #require(ids.first)).contains("Ended the session."))
            #expect(try await installed.run("session", "end", try #require(ids.first)).status == 1)
            var open = 0
            for browser in browsers where try await isLetIn(browser, installed) { open += 1 }
            #expect(open == 1)
            #expect(try await installed.done("session", "end", "ada", "--all").contains("Ended 1 sessions."))
            for browser in browsers { #expect(try await !isLetIn(browser, installed)) }
            #expect(try await installed.run("session", "end", "nonsense").status != 0)
        }
    }

    private static let password = "seven different walnut ladders"

    /// Signs ada in: first by an invitation that sets her password, then by that.
    private func enter(_ browser: FormBrowser, _ installed: Installed, isFirst: Bool) async throws {
        if isFirst {
            let link = try Installed.link(in: await installed.done("user", "link", "invite", "ada"))
            try await browser.open(link)
            try await browser.submit(formWith: "csrf")
            try await browser.submit(
                formWith: "repeated", ["password": Self.password, "repeated": Self.password])
        } else {
            try await browser.open("https://localhost:\(installed.port)/login")
            try await browser.submit(formWith: "identifier", ["identifier": "ada"])
            try await browser.submit(formWith: "password", ["password": Self.password])
        }
        try #require(try await isLetIn(browser, installed), "\(browser.url) \(browser.page.suffix(600))")
    }

    private func isLetIn(_ browser: FormBrowser, _ installed: Installed) async throws -> Bool {
        try await browser.request(.get, "https://localhost:\(installed.port)/account")
        return browser.status == 200
    }

    @Test func aTenantIsAddedAndDisabled() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let added = try await installed.done("tenant", "add", "north", "The North")
            #expect(added.hasPrefix("Added the tenant north, "))
            #expect(try await installed.run("tenant", "add", "north", "Again").status == 1)
            #expect(try await installed.run("tenant", "add", "No Good", "Again").status == 1)
            let login = "https://localhost:\(installed.port)/t/north/login"
            let browser = try installed.browser()
            try await browser.request(.get, login)
            #expect(browser.status != 404)
            let list = try Self.json(await installed.done("tenant", "list", "--json"))
            let row = (list["items"]?.list ?? list.list ?? []).first { $0["slug"] == "north" }
            #expect(row?["name"] == "The North" && row?["disabled"] == false)
            #expect(try await installed.done("tenant", "disable", "north") == "Disabled north.\n")
            try await browser.request(.get, login)
            #expect([403, 404].contains(browser.status), "\(browser.status)")
            try await browser.request(.get, "https://localhost:\(installed.port)/login")
            #expect(browser.status == 200, "the other tenant is open")
            #expect(try await installed.done("tenant", "enable", "north") == "Enabled north.\n")
            try await browser.request(.get, login)
            #expect(![403, 404].contains(browser.status), "\(browser.status)")
            #expect(try await installed.run("tenant", "disable", "nowhere").status == 1)
        }
    }
}

extension Installed {
    /// A command that judges a file and asks no gateway.
    fileprivate func runFile(_ arguments: String...) async throws -> GatehouseProgram.Outcome {
        try await GatehouseProgram.run(arguments, folder: folder)
    }
}
