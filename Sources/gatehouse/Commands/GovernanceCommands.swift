import ArgumentParser
import Fetch
import Gateway
import Governance
import Vocabulary

/// Policies with a life: drafted, approved, activated, suspended, revoked, archived.
struct GovernedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "governance", abstract: "Governed policies, policy sets and exemptions.",
        subcommands: [
            List.self, Show.self, History.self, Sets.self, PolicySetCommand.self, Exemptions.self,
            ExemptionCommand.self, PolicyCommand.Import.self, Run.self,
            Evaluate.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists governed policies.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "STATE": "state", "TYPE": "policy_type", "ENFORCEMENT": "enforcement",
            "SCOPE": "scope.level", "FROM": "effective_from", "UNTIL": "effective_until", "VERSION": "version",
            "ID": "id",
        ]
        @Option(help: "Only those in this state, such as active.") var state: String?
        @Option(help: "Only those of this type, such as security.") var type: String?
        @Option(help: "Only those of this level, such as organization.") var scope: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "policies")
                + query(["state": state, "type": type, "scope": scope])
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a governed policy with its rules.")
        @Argument(help: "Its id.") var policy: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "policies", policy) }
    }

    struct History: HistoryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows every change of a governed policy: who, when, why, and what became different.")
        @Argument(help: "Its id.") var policy: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "policies", policy, "history") }
    }

    struct Sets: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists policy sets.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "COMBINATION": "combination", "POLICIES": "policies", "VERSION": "version", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "policy-sets") }
    }

    struct Exemptions: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists exemptions.")
        static let columns: KeyValuePairs = [
            "POLICY": "policy_id", "ENTITY": "entity_id", "STATE": "state", "FROM": "valid_from",
            "UNTIL": "expires_at", "GRANTED BY": "granted_by", "WHY": "reason", "ID": "id",
        ]
        @Option(help: "Only those in this state: active, revoked or expired.") var state: String?
        @Option(help: "Only those from this policy, by id.") var policy: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "exemptions") + query(["state": state, "policy": policy])
        }
    }

    struct Evaluate: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts an action to the policies in force, in the words of a healing system's request.")
        @Argument(help: "The request, YAML or JSON.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let request = try PolicyService.parse(try PolicyCommand.read(file))
            return APIAnswer(properties: try await client.call(.post, api("governance", "evaluate"), request))
        }
    }

    struct Run: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Carries out a command, such as approve or grant_exemption.",
            discussion: "Commands: "
                + (GovernanceCommand.names + GovernanceCommand.furtherNames).joined(separator: ", ") + ".")
        @Argument(help: "The command's name.") var command: String
        @Argument(help: "Members of the payload, as NAME=VALUE; a value is text.") var members: [String] = []
        @Option(help: "A file with the payload, YAML or JSON; members given beside it replace its own.")
        var file: String?
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (GovernanceCommand.names + GovernanceCommand.furtherNames).contains(command) else {
                throw ValidationError("There is no command \(command); see --help.")
            }
            guard members.allSatisfy({ $0.contains("=") }) else {
                throw ValidationError("A member is NAME=VALUE, such as policy_id=….")
            }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var payload: [String: AttributeValue] = [:]
            if let file { payload = try PolicyService.parse(try PolicyCommand.read(file)).object ?? [:] }
            for member in members {
                let halves = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                payload[String(halves[0])] = .string(String(halves[1]))
            }
            let outcome = try await client.call(.post, api("governance", "commands", command), .object(payload))
            let events = outcome["events"]?.list?.isEmpty == false ? outcome.cell("events") : "nothing had to change"
            return APIAnswer(
                outcome, "\(outcome.cell("kind")) \(outcome.cell("id")), version \(outcome.cell("version")): \(events)."
            )
        }
    }
}
