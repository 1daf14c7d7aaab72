import ArgumentParser
import Fetch
import Vocabulary

struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Directory jobs.",
        subcommands: [Run.self, List.self, Show.self, Release.self, Drop.self])

    struct Run: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings people and groups in line with a directory, or only says what that would change.",
            discussion: "Ends with status 1 where the run is held and waits for `sync release` or `sync drop`.")
        @Argument(help: "The provider's id in the configuration.") var provider: String
        @Flag(help: "Only plan; change nothing.") var dryRun = false
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let body: AttributeValue = ["provider": .string(provider), "dry_run": .bool(dryRun)]
            let report = try await SyncProgressBar.show(of: provider, client, isDryRun: dryRun) {
                try await client.call(.post, api("sync-runs"), body, timeout: .seconds(3_600))
            }
            let answer = APIAnswer(report, SyncCommand.text(report))
            guard report["state"] == "held" else { return answer }
            // Whoever runs jobs from a script must not take it for done.
            answer.show(options)
            throw CommandRefusal(SyncCommand.waiting(report.cell("run")))
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

    struct Show: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one run, and what it would do where it is held.")
        @Argument(help: "The run's id.") var run: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let shown = try await client.call(.get, api("sync-runs", run))
            guard shown["state"] == "held" else { return APIAnswer(properties: shown) }
            let changes = try await client.all(api("sync-runs", run, "changes"))
            var members = shown.object ?? [:]
            let reasons = members.removeValue(forKey: "hold_reasons")?.list ?? []
            var lines = [APIAnswer(properties: .object(members)).text]
            lines += reasons.map { "held: \(Console.plain($0.cell("message"))) (\($0.cell("code")))" }
            lines += [SyncCommand.table(changes), SyncCommand.waiting(run)].compactMap { $0 }
            members = shown.object ?? [:]
            members["changes"] = .list(changes)
            return APIAnswer(.object(members), lines.joined(separator: "\n"))
        }
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

    /// What to do about a run that is held.
    private static func waiting(_ run: String) -> String {
        """
        The run is held. See what it would do with `gatehouse sync show \(run)`, then `gatehouse sync release \(run)` or \
        `gatehouse sync drop \(run)`.
        """
    }

    /// The plan for people: what changes, and who gains and loses which role.
    private static func text(_ report: AttributeValue) -> String {
        let changes = report["changes"]?.list ?? []
        let held = (report["would_hold"]?.list ?? []).compactMap(\.string)
        var lines = ["\(report.cell("state"))" + (report["run"] == nil ? "" : ", run \(report.cell("run"))")]
        lines += held.map { "held: \(Console.plain($0))" }
        if let table = table(changes) { lines.append(table) }
        let more = (report["changes_total"]?.integer ?? 0) - Int64(changes.count)
        if more > 0 { lines.append("and \(more) more") }
        lines.append(
            "memberships +\(report.cell("counts.memberships_gained")) -\(report.cell("counts.memberships_lost")), "
                + "applied \(report.cell("counts.applied"))")
        return lines.joined(separator: "\n")
    }

    /// A line for each change; nil for none.
    private static func table(_ changes: [AttributeValue]) -> String? {
        var table = Table(["CHANGE", "WHAT", "WHO"])
        for change in changes {
            let names = [change["login"]?.string, change["name"]?.string].compactMap { $0 }
            let key = change.cell("key")
            let who = names.isEmpty ? key : names[0] + (names.count > 1 ? " (\(names[1]))" : "")
            let gains = change["change"] == "gained"
            switch change.cell("kind") {
            case "role": table.add([gains ? "gains" : "loses", "role \(change.cell("role"))", who])
            case "membership", "nesting":
                let group = change["group"]?.string ?? change.cell("group_key")
                table.add([gains ? "joins" : "leaves", "group \(group)", who])
            case let kind where kind == "person" || kind == "group":
                table.add([change.cell("change"), "\(kind) \(names.first ?? key)", names.dropFirst().first ?? key])
            case let kind:
                table.add([kind, change.cell("change") + (change["count"].map { ", \($0.cell)" } ?? ""), who])
            }
        }
        return table.isEmpty ? nil : table.text
    }
}
