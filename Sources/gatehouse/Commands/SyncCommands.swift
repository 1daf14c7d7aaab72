import ArgumentParser
import Fetch
import Vocabulary

struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Directory jobs.",
        subcommands: [Run.self, List.self, Show.self, Release.self, Drop.self])

    struct Run: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings people and groups in line with a directory, or only says what that would change.")
        @Argument(help: "The provider's id in the configuration.") var provider: String
        @Flag(help: "Only plan; change nothing.") var dryRun = false
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let body: AttributeValue = ["provider": .string(provider), "dry_run": .bool(dryRun)]
            let report = try await SyncProgressBar.show(of: provider, client, isDryRun: dryRun) {
                try await client.call(.post, api("sync-runs"), body, timeout: .seconds(3_600))
            }
            return APIAnswer(report, SyncCommand.text(report))
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists runs, newest first.")
        static let columns: KeyValuePairs = [
            "ID": "id", "PROVIDER": "provider", "STATE": "state", "BY": "trigger", "STARTED": "started_at",
            "FINISHED": "finished_at", "APPLIED": "summary.applied", "FAILURE": "failure",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("sync-runs") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one run.")
        @Argument(help: "The run's id.") var run: String
        @OptionGroup var options: APIOptions

        var path: String { api("sync-runs", run) }
    }

    struct Release: APICommand {
        static let configuration = CommandConfiguration(abstract: "Applies a held run, in your name.")
        @Argument(help: "The run's id.") var run: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                properties: try await client.call(.post, api("sync-runs", run, "release"), timeout: .seconds(3_600)))
        }
    }

    struct Drop: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Throws a held run's plan away.")
        @Argument(help: "The run's id.") var run: String
        @OptionGroup var options: APIOptions

        var path: String { api("sync-runs", run, "drop") }
        func sentence(_ answer: AttributeValue) -> String { "Dropped." }
    }

    /// The plan for people: what changes, and who gains and loses which role.
    private static func text(_ report: AttributeValue) -> String {
        var table = Table(["CHANGE", "WHAT", "WHO"])
        for person in report["people"]?.list ?? [] {
            table.add([person.cell("change"), "person \(person.cell("login"))", person.cell("key")])
        }
        for group in report["groups"]?.list ?? [] {
            table.add([group.cell("change"), "group \(group.cell("name"))", group.cell("key")])
        }
        for (word, list) in [("gains", "roles_gained"), ("loses", "roles_lost")] {
            for change in report[list]?.list ?? [] {
                table.add([word, "role \(change.cell("role"))", change.cell("key")])
            }
        }
        let held = (report["would_hold"]?.list ?? []).compactMap(\.string)
        var lines = ["\(report.cell("state"))" + (report["run"] == nil ? "" : ", run \(report.cell("run"))")]
        lines += held.map { "held: \(Console.plain($0))" }
        if !table.isEmpty { lines.append(table.text) }
        lines.append(
            "memberships +\(report.cell("counts.memberships_gained")) -\(report.cell("counts.memberships_lost")), "
                + "applied \(report.cell("counts.applied"))")
        return lines.joined(separator: "\n")
    }
}
