import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite("The command line does its nouns against a running server")
struct CommandLineTests {
    private static func json(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }

    @Test func peopleUnitsRolesAndMappingsAreLookedAfter() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            try await installed.done("organization", "add", "organization", "Clan")
            try await installed.done("organization", "add", "division", "Sales", "--parent", "Clan")
            try await installed.done("organization", "add", "team", "Red", "--parent", "Sales")
            let tree = try await installed.done("organization", "list")
            #expect(tree.contains("\nClan ") && tree.contains("\n  Sales ") && tree.contains("\n    Red "), "\(tree)")
            let cycle = try await installed.run("organization", "move", "Sales", "Red")
            #expect(cycle.status == 1 && cycle.error.contains("below itself"))
            try await installed.done("user", "add", "boss")
            try await installed.done("user", "add", "ada", "--mail", "ada@example.org")
            try await installed.done(
                "user", "change", "ada", "--unit", "Red", "--manager", "boss", "--department", "R&D")
            let ada = try Self.json(await installed.done("user", "show", "ada@example.org", "--json"))
            #expect(ada["department"] == "R&D")
            #expect(ada["version"] == 2)
            try await installed.done("user", "change", "ada", "--manager", "")
            #expect(try Self.json(await installed.done("user", "show", "ada", "--json"))["manager"] == nil)

            try await installed.done("role", "add", "Reader", "--permission", "read:page:/a*", "--protected")
            try await installed.done("role", "add", "Editor", "--permission", "write:page", "--inherits", "Reader")
            try await installed.done("role", "change", "Reader", "--permission", "read:page", "--no-protected")
            let reader = try Self.json(await installed.done("role", "show", "Reader", "--json"))
            #expect(reader["protected"] == false)
            #expect(reader["permissions"] == [["action": "read", "type": "page"]])
            try await installed.done(
                "role", "change", "Reader", "--permission", "read:page", "--permission", "list:*:/b")
            let lines = try await installed.done("role", "show", "Reader").split(separator: "\n").map(String.init)
            let first = try #require(lines.firstIndex { $0.hasPrefix("permissions ") })
            #expect(lines[first].hasSuffix(" read:page") && lines[first + 1].hasSuffix(" list:*:/b"), "\(lines)")
            #expect(lines[first + 1].hasPrefix(" ") && !lines.joined().contains("{"))
            let roles = try await installed.done("role", "list").split(separator: "\n")
            #expect(roles.contains { $0.hasPrefix("Admin ") && $0.contains(" configuration ") }, "\(roles)")
            try await installed.done("role", "assign", "Editor", "ada", "--expires", "2999-01-01T00:00:00Z")
            let held = try Self.json(await installed.done("role", "assignments", "--person", "ada", "--json"))
            let assignment = try #require(held.list?.first?["id"]?.string)
            #expect(try await installed.done("decide", "ada", "read", "page:/x").hasPrefix("permit"))
            try await installed.done("role", "revoke", assignment)
            #expect(try await installed.done("decide", "ada", "read", "page:/x").hasPrefix("deny"))

            try await installed.done("mapping", "add", "local", "Reader", "--group", "0f1e")
            try await installed.done(
                "mapping", "add", "local", "Reader", "--attribute", "title", "--value", "clerk", "--value", "chief")
            let mappings = try await installed.done("mapping", "list")
            #expect(mappings.contains("0f1e") && mappings.contains("clerk, chief"))
            let both = try await installed.run("mapping", "add", "local", "Reader")
            #expect(both.status == 2)
        }
    }

    @Test func theRecordAndTheImportAreReadAndReported() async throws {
        let installed = try await Installed()
        try await installed.serving { _ in
            let file = installed.folder + "/people.jsonl"
            let bcrypt = "$2b$04$qalt88xltWOSjLaDaqNIxeJ0lrFV8zQ1aZKaGCNDvz4knQmTDrmHS"
            try """
            {"login":"ada","display_name":"Ada","password_hash":"\(bcrypt)"}
            {"login":"bob"}

            """.write(toFile: file, atomically: true, encoding: .utf8)
            let dry = try await installed.done("user", "import", file, "--dry-run")
            #expect(dry.contains("bcrypt") && dry.contains("2 of 2 could be imported"))
            #expect(try await installed.done("user", "list").contains("none"))
            #expect(try await installed.done("user", "import", file).contains("2 of 2 imported"))
            let again = try await installed.run("user", "import", file, "--json")
            #expect(again.status == 1)
            #expect(again.error.contains("2 of 2 rows were refused"))
            #expect(try Self.json(again.output)["refused"] == 2)
            try "{".write(toFile: file, atomically: true, encoding: .utf8)
            let broken = try await installed.run("user", "import", file)
            #expect(broken.status == 1 && broken.error.contains("line 1"))

            let decided = try Self.json(await installed.done("decide", "ada", "read", "page:/x", "--json"))
            let id = try #require(decided["context"]?["id"]?.string)
            var shown = try await installed.run("decision", "show", id, "--json")
            for _ in 0..<40 where shown.status != 0 {
                shown = try await installed.run("decision", "show", id, "--json")
            }
            #expect(try Self.json(shown.output)["outcome"] == "deny")
            let listed = try await installed.done("decision", "list", "--person", "ada", "--resource", "page:/x")
            #expect(listed.contains(id) && listed.contains("no_matching_rule"))
            #expect(try await installed.done("session", "list").contains("none"))
        }
    }

    @Test func aConfigurationIsJournalledWhenItIsAnotherOne() async throws {
        let installed = try await Installed()
        func applied(_ environment: [String: String] = [:]) async throws -> [AttributeValue] {
            let listed = try await installed.run(
                "audit", "list", "--type", "configuration.applied", "--json", environment: environment)
            return try Self.json(listed.output).list ?? []
        }
        #expect(try await applied().count == 1)
        try await installed.done("user", "list")
        #expect(try await applied().count == 1, "the same again says nothing")
        let level = ["GATEHOUSE_SESSIONS_IDLE": "20m"]
        #expect(try await applied(level).count == 2, "a variable of the environment makes another one")
        #expect(try await applied(level).count == 2)
        let text = try String(contentsOfFile: installed.configuration, encoding: .utf8)
        try (text + "\n# another\n").write(toFile: installed.configuration, atomically: true, encoding: .utf8)
        let events = try await applied()
        #expect(events.count == 3)
        #expect(Set(events.compactMap { $0["facts"]?["digest"]?.string }).count == 3)
    }

    @Test func everythingExplainsItselfAndRefusalsSayWhatToDo() async throws {
        let installed = try await Installed()
        for noun in [
            "user", "session", "group", "organization", "role", "mapping", "policy", "service-account", "api-key",
            "tenant", "provider", "sync", "decide", "explain", "decision", "audit", "db", "key",
        ] {
            let help = try await GatehouseProgram.run([noun, "--help"])
            #expect(help.status == 0, "\(noun)")
            #expect(help.output.contains("USAGE: gatehouse \(noun)"), "\(noun)")
        }
        let unknown = try await installed.run("user", "frobnicate")
        #expect(unknown.status == 2)
        let nothing = try await installed.run("user", "change", "ada")
        #expect(nothing.status == 2 && nothing.error.contains("--mail"))
        let absent = try await installed.run("user", "show", "nobody")
        #expect(absent.status == 1)
        #expect(absent.error.contains("There is no such person here."))
        #expect(absent.output.isEmpty)
        let lost = try await GatehouseProgram.run(["user", "list", "--config", "/nonexistent/gatehouse.yaml"])
        #expect(lost.status == 1)
        #expect(lost.error.contains("/nonexistent/gatehouse.yaml"))
    }
}
