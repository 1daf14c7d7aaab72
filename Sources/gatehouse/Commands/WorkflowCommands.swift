import ArgumentParser
import Fetch
import Gateway
import Vocabulary

/// The stages that approvals pass through.
struct WorkflowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow", abstract: "Workflow templates: the stages that approvals pass through.",
        subcommands: [List.self, Show.self, Create.self, Change.self, Retire.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists workflow templates.")
        static let columns: KeyValuePairs = [
            "NAME": "template.name", "RETIRED": "retired", "VERSION": "version", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "workflows") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a workflow template with its stages.")
        @Argument(help: "Its id.") var workflow: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "workflows", workflow) }
    }

    struct Create: APICommand {
        static let configuration = CommandConfiguration(abstract: "Makes a workflow template of a document.")
        @Argument(help: "The document, YAML or JSON: name, description, category, stages, escalations.")
        var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            let made = try await client.call(.post, api("governance", "workflows"), ["template": document])
            return APIAnswer(made, "Made workflow \(made.cell("id")).")
        }
    }

    struct Change: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a document in the place of a workflow template; approvals under way keep theirs.")
        @Argument(help: "Its id.") var workflow: String
        @Argument(help: "The document, YAML or JSON.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("governance", "workflows", workflow)
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            let version = try await client.call(.get, path)["version"]?.integer.map { "\"v\($0)\"" }
            let changed = try await client.call(.put, path, ["template": document], ifMatch: version)
            return APIAnswer(changed, "Changed workflow \(changed.cell("id")), version \(changed.cell("version")).")
        }
    }

    struct Retire: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retires a workflow template: nothing new passes through it.")
        @Argument(help: "Its id.") var workflow: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "workflows", workflow) }
        func sentence(_ answer: AttributeValue) -> String { "Retired workflow \(workflow)." }
    }
}
