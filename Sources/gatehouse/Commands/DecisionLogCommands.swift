import ArgumentParser
import Fetch
import Vocabulary

struct DecisionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decision", abstract: "The record of decisions.", subcommands: [List.self, Show.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists recorded decisions, newest first.")
        @Option(help: "Only those about this person, by login, mail or id.") var person: String?
        @Option(help: "Only those about this service account.") var serviceAccount: String?
        @Option(help: "Only those with this outcome: permit, deny or error.") var outcome: String?
        @Option(help: "Only those about this action.") var action: String?
        @Option(help: "Only those about this resource, as TYPE or TYPE:ID.") var resource: String?
        @Option(help: "Only those from this moment on, such as 2027-01-31T18:00:00Z.") var from: String?
        @Option(help: "Only those before this moment.") var to: String?
        @Option(help: "How many, 1 to 1000.") var limit = 50
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 1000.") }
            if let outcome, !["permit", "deny", "error"].contains(outcome) {
                throw ValidationError("--outcome is permit, deny or error.")
            }
        }

        private var path: String {
            let halves = (resource ?? "").split(separator: ":", maxSplits: 1).map(String.init)
            return api("decisions")
                + query([
                    "person": person, "service_account": serviceAccount,
                    "outcome": outcome, "action": action, "resource_type": halves.first,
                    "resource": halves.count > 1 ? halves[1] : nil, "from": from, "to": to,
                ])
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all(path, atMost: limit),
                columns: [
                    "AT": "at", "OUTCOME": "outcome", "SUBJECT": "subject.id", "ACTION": "question.action",
                    "TYPE": "question.resource_type", "RESOURCE": "question.resource", "REASON": "reason",
                    "COUNT": "count", "ID": "id",
                ])
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a recorded decision with all that it rests on.")
        @Argument(help: "The decision's id, from an answer or from `decision list`.") var decision: String
        @OptionGroup var options: APIOptions

        var path: String { api("decisions", decision) }
    }
}
