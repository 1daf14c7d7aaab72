import Fixtures
import Foundation
import HTTPAPI
import Testing
import Vocabulary

@Suite(
    "Directory jobs and explanations by the command line", .enabled(if: SlapdServer.isInstalled),
    .timeLimit(.minutes(3)))
struct SyncCommandTests {
    private static func json(_ text: String) throws -> AttributeValue { try StrictJSON.parse(Array(text.utf8)) }

    /// The run that a command speaks of, in the text for people.
    private static func run(in text: String) throws -> String {
        try #require(text.firstMatch(of: /run ([0-9a-f-]{36})/).map { String($0.output.1) }, "\(text)")
    }

    private static func installed(_ directory: WatchedDirectory) async throws -> Installed {
        let twins = try #require(directory.fixture.group("twins"))
        return try await directory.installed(
            extra: """
                roles:
                  - { name: Clerk, permissions: [ { action: read, type: page, resource: "/desk*" } ] }
                mappings:
                  - { provider: corp, group: "\(twins.key)", role: Clerk }

                """)
    }

    @Test func aJobIsPlannedRunHeldReleasedAndDropped() async throws {
        try await WatchedDirectory.serving { directory in
            let installed = try await Self.installed(directory)
            try await installed.serving { _ in
                try await planned(installed, directory)
                let first = try await installed.done("sync", "run", "corp")
                #expect(first.hasPrefix("done, run ") && first.contains("applied "), "\(first)")
                #expect(try Self.json(await installed.done("user", "show", "alice", "--json"))["status"] == "active")
                try await dropped(installed, directory)
                try await released(installed, directory)
                let listed = try await installed.done("sync", "list")
                let states = listed.split(separator: "\n").dropFirst().compactMap { line in
                    ["done", "dropped", "held"].first { line.contains(" \($0) ") }
                }
                #expect(states == ["done", "dropped", "done"], "\(listed)")
                let rows = try Self.json(await installed.done("sync", "list", "--json"))
                #expect((rows["items"]?.list ?? rows.list ?? []).count == 3)
                let unknown = try await installed.run("sync", "run", "nowhere")
                #expect(unknown.status == 1 && !unknown.error.isEmpty && unknown.output.isEmpty)
            }
        }
    }

    @Test func theGroupsOfAProviderShowTheKeysThatMappingsName() async throws {
        try await WatchedDirectory.serving { directory in
            let installed = try await Self.installed(directory)
            let twins = try #require(directory.fixture.group("twins"))
            try await installed.serving { _ in
                // Before a job, only what the mappings name is known.
                let before = try await installed.done("provider", "groups", "corp").split(separator: "\n")
                #expect(before.count == 2 && before[1].firstMatch(of: /–  +Clerk$/) != nil, "\(before)")
                #expect(before[1].hasPrefix(twins.key))
                try await installed.done("sync", "run", "corp")
                let rows = try Self.json(await installed.done("provider", "groups", "corp", "--json")).list ?? []
                let keys = rows.compactMap { $0["key"]?.string }
                #expect(keys == keys.sorted() && keys.count > 10)
                #expect(Set(keys).isSubset(of: directory.fixture.groups.map(\.key)))
                let row = try #require(rows.first { $0["key"] == .string(twins.key) })
                #expect(row["name"] == "twins" && row["mappings"]?.list?.first?["role"] == "Clerk")
                #expect(rows.count { $0["mappings"]?.list?.isEmpty == false } == 1)
                let found = try await installed.done("provider", "groups", "corp", "TWI").split(separator: "\n")
                #expect(found.count == 2 && found[1].contains(" twins "), "\(found)")
                #expect(try await installed.done("provider", "groups", "corp", "%") == "none\n")
                // The key that is shown is the one that a mapping takes; one that leads nowhere is seen.
                try await installed.done("mapping", "add", "corp", "Analyst", "--group", twins.key)
                try await installed.done("mapping", "add", "corp", "Analyst", "--group", "zz-nobody")
                let after = try await installed.done("provider", "groups", "corp")
                #expect(after.firstMatch(of: /twins +(Clerk, Analyst|Analyst, Clerk)\n/) != nil, "\(after)")
                #expect(after.firstMatch(of: /zz-nobody +– +Analyst\n/) != nil, "\(after)")
                #expect(try await installed.run("provider", "groups", "nowhere").status == 1)
            }
        }
    }

    /// What would change is shown to people and to programs, and nothing changes.
    private func planned(_ installed: Installed, _ directory: WatchedDirectory) async throws {
        let text = try await installed.done("sync", "run", "corp", "--dry-run")
        #expect(text.hasPrefix("planned\n"), "\(text)")
        #expect(text.firstMatch(of: /CHANGE +WHAT +WHO/) != nil)
        for line in [/add +person alice/, /group twins/, /gains +role Clerk/] as [Regex<Substring>] {
            #expect(text.firstMatch(of: line) != nil, "\(text)")
        }
        #expect(text.contains("memberships +") && text.contains("applied 0"))
        let json = try Self.json(await installed.done("sync", "run", "corp", "--dry-run", "--json"))
        #expect(json["state"] == "planned" && json["run"] == nil)
        let changes = json["changes"]?.list ?? []
        #expect(changes.count { $0["kind"] == "person" } == directory.fixture.people.count)
        #expect(changes.count { $0["role"] == "Clerk" && $0["change"] == "gained" } == 2)
        #expect(json["counts"]?["applied"] == 0)
        #expect(try await installed.run("user", "show", "alice").status == 1)
        #expect(try await installed.done("sync", "list").contains("none"))
    }

    private func dropped(_ installed: Installed, _ directory: WatchedDirectory) async throws {
        try await directory.remove("alice")
        let held = try await installed.run("sync", "run", "corp")
        #expect(held.status == 1 && held.output.hasPrefix("held, run ") && held.output.contains("\nheld: "), "\(held)")
        let id = try Self.run(in: held.output)
        #expect(held.error.contains("gatehouse sync release \(id)"), "\(held.error)")
        let shown = try await installed.done("sync", "show", id)
        #expect(shown.contains("held") && shown.contains(id), "\(shown)")
        #expect(shown.contains("(too_many_people_removed)") && shown.contains("gatehouse sync drop \(id)"), "\(shown)")
        #expect(shown.firstMatch(of: /leave +person alice/) != nil, "\(shown)")
        #expect(shown.firstMatch(of: /leaves +group .* alice/) != nil, "\(shown)")
        #expect(try await installed.done("sync", "drop", id) == "Dropped.\n")
        let after = try Self.json(await installed.done("sync", "show", id, "--json"))
        #expect(after["state"] == "dropped")
        // The line of commands acts in the name of the machine's user.
        #expect(after["decided_by"]?.string == "os:\(geteuid())")
        let name = try #require(getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) })
        #expect(after["decided_by_name"]?.string == name)
        let events = try #require(
            try StrictJSON.parse(
                Array(await installed.done("audit", "list", "--type", "sync", "--json").utf8)
            ).list)
        let decided = try #require(events.last { $0["actor"]?.string == "os:\(geteuid())" })
        #expect(decided["actor_name"]?.string == name)
        let own = try #require(
            try StrictJSON.parse(
                Array(await installed.done("audit", "list", "--type", "configuration", "--json").utf8)
            ).list)
        #expect(!own.isEmpty && own.allSatisfy { $0["actor"] == "system:configuration" && $0["actor_name"] == nil })
        #expect(try Self.json(await installed.done("user", "show", "alice", "--json"))["status"] == "active")
        for verb in ["release", "drop"] {
            let again = try await installed.run("sync", verb, id)
            #expect(again.status == 1 && again.error.contains("not held"), "\(verb): \(again.error)")
        }
    }

    private func released(_ installed: Installed, _ directory: WatchedDirectory) async throws {
        let id = try Self.run(in: await installed.run("sync", "run", "corp").output)
        let text = try await installed.done("sync", "release", id)
        #expect(text.contains("done") && text.contains(id), "\(text)")
        #expect(try Self.json(await installed.done("user", "show", "alice", "--json"))["status"] == "leaver")
    }

    @Test func anExplanationJoinsProviderGroupRunMappingRoleAndRule() async throws {
        try await WatchedDirectory.serving { directory in
            let installed = try await Self.installed(directory)
            try await installed.serving { _ in
                let run = try Self.run(in: await installed.done("sync", "run", "corp"))
                let mapping = try Self.json(await installed.done("mapping", "list", "--json"))
                let mappingID = try #require((mapping["items"]?.list ?? mapping.list)?.first?["id"]?.string)

                let json = try Self.json(
                    await installed.done("explain", "same-one", "read", "page:/desk/1", "--json"))
                #expect(json["decision"] == true)
                let identity = json["identities"]?.list?.first
                #expect(identity?["provider"] == "Works")
                #expect(identity?["subject_key"] == directory.fixture.person("same-one").map { .string($0.key) })
                let group = json["groups"]?.list?.first
                #expect(group?["name"] == "twins" && group?["direct"] == true)
                #expect(group?["upstream_key"] == directory.fixture.group("twins").map { .string($0.key) })
                #expect(group?["command"] == .string(run), "the run that brought it")
                let role = json["roles"]?.list?.first
                #expect(role?["name"] == "Clerk")
                #expect(role?["mappings"] == [.string(mappingID)])
                let rules = json["rules"]?.list ?? []
                #expect(rules.contains { $0["role_chain"]?.list?.contains("Clerk") == true }, "\(rules)")

                let text = try await installed.done("explain", "same-one", "read", "page:/desk/1")
                #expect(text.hasPrefix("permit\n"))
                let key = try #require(directory.fixture.person("same-one")).key
                for words in [
                    "subject   same-one", "identity  same-one at Works, key \(key)", "group     twins (direct)", run,
                    "role      Clerk (mapped", mappingID, "  rule      ", "  because   ",
                ] {
                    #expect(text.contains(words), "\(words) in \(text)")
                }
                let denied = try await installed.done("explain", "alice", "read", "page:/desk/1")
                #expect(denied.hasPrefix("deny\n") && denied.contains("  missing   "), "\(denied)")
            }
        }
    }
}
