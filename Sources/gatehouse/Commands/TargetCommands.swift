import ArgumentParser
import Fetch
import Vocabulary

struct TargetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "target", abstract: "What target systems report of their accounts, and what differs.",
        subcommands: [Report.self, Findings.self, Show.self, Resolve.self])

    struct Report: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a target's report of all its accounts, and finds what differs.",
            discussion: """
                FILE is CSV with a header of account, login, disabled, entitlements (separated by ;) and attribute.NAME \
                columns. Every account of the target stands in it: what does not is taken not to be there.
                """)
        @Argument(help: "The application's id.") var application: String
        @Argument(help: "The file, at most 4 MiB.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "target-reports"),
                ["application_id": .string(application), "csv": .string(try TableFile.read(file))])
            return APIAnswer(
                answer,
                "\(answer.cell("accounts")) accounts, \(answer.cell("differences")) differences: \(answer.cell("found"))"
                    + " found now, \(answer.cell("gone")) gone.")
        }
    }

    struct Findings: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists what differs.")
        static let columns: KeyValuePairs = [
            "KIND": "kind", "STATE": "state", "LOGIN": "login", "ACCOUNT": "account", "ENTITLEMENT": "entitlement",
            "ACTIONS": "actions", "ID": "id",
        ]
        @Option(help: "Only those of this application.") var application: String?
        @Option(help: "Only missing, unexpected, orphaned or drift.") var kind: String?
        @Option(help: "Only those that stand so, such as open.") var state: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "target-findings")
                + query(["application": application, "kind": kind, "state": state])
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a difference.")
        @Argument(help: "Its id.") var finding: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "target-findings", finding) }
    }

    struct Resolve: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Does something about a difference.")
        @Argument(help: "Its id.") var finding: String
        @Argument(help: "reprovision, revoke, adopt or ignore.") var action: String
        @Option(help: "Why; needed to ignore it.") var reason: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "target-findings", finding, "resolve"),
                members(["action": action, "reason": reason])
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Done: \(answer.cell("state"))." }
    }
}
