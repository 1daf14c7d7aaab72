import ArgumentParser
import Fetch
import Gateway
import HTTPAPI
import Vocabulary

/// Templates of governed policies.
struct PolicyTemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Templates of governed policies, with gaps to fill.",
        subcommands: [List.self, Show.self, Fill.self, Save.self, Delete.self])

    struct List: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists templates: your own, and those of the gateway.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("governance", "templates"))
            return APIAnswer(
                answer["items"]?.list ?? [],
                columns: ["TEMPLATE": "template", "NAME": "name", "BUILT IN": "built_in", "DESCRIPTION": "description"])
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a template with its parameters.")
        @Argument(help: "Its name.") var template: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "templates", template) }
    }

    struct Fill: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Fills a template, and shows the document it makes or makes a draft of it.")
        @Argument(help: "Its name.") var template: String
        @Argument(help: "Values, as NAME=VALUE; a value is read as YAML, so [a, b] is a list.") var values: [String] =
            []
        @Flag(help: "Make a draft of the document.") var draft = false
        @OptionGroup var options: APIOptions

        func validate() throws {
            try NamedValues(typed: values).validate(as: "length=14")
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let filled = try NamedValues(typed: values).object()
            let made = try await client.call(
                .post, api("governance", "templates", template, "draft"), ["values": .object(filled)])
            let document = made["document"] ?? .null
            guard draft else { return APIAnswer(document, CanonicalJSON.encode(document)) }
            let stored = try await client.call(.post, api("governance", "imports"), ["document": document])
            let id = stored["policies"]?.list?.first?.cell("id") ?? "–"
            return APIAnswer(stored, "Drafted policy \(id) of \(template). Approve and activate it next.")
        }
    }

    struct Save: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Saves a template of your own, new or in place of the old.")
        @Argument(help: "The template, YAML or JSON.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            guard let name = document["template"]?.string else { throw CommandRefusal("\(file) names no `template`.") }
            let saved = try await client.call(.put, api("governance", "templates", name), document)
            return APIAnswer(saved, "Saved \(name), version \(saved.cell("version")).")
        }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Takes a template of your own out of use.")
        @Argument(help: "Its name.") var template: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "templates", template) }
        func sentence(_ answer: AttributeValue) -> String { "\(template) is out of use." }
    }
}

/// The cases beside a governed policy.
struct PolicyCasesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cases", abstract: "The cases beside a governed policy: while one fails, it is not activated.",
        subcommands: [Show.self, Put.self, Run.self])

    struct Show: APICommand {
        static let configuration = CommandConfiguration(abstract: "Shows the cases of a governed policy.")
        @Argument(help: "The policy's id.") var policy: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.get, api("governance", "policies", policy, "cases"))
            return APIAnswer(
                answer["cases"]?.list ?? [], columns: ["NAME": "name", "EXPECT": "expect", "ACTION": "action"])
        }
    }

    struct Put: APICommand {
        static let configuration = CommandConfiguration(abstract: "Writes the cases of a governed policy anew.")
        @Argument(help: "The policy's id.") var policy: String
        @Argument(help: "A list of cases, or a document with `tests`.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let tree = try PolicyService.parse(try PolicyCommand.read(file))
            let cases = tree["tests"] ?? tree
            let stored = try await client.call(
                .put, api("governance", "policies", policy, "cases"), ["cases": cases])
            return APIAnswer(stored, "\(cases.list?.count ?? 0) cases, version \(stored.cell("version")).")
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs the cases of a governed policy; exit status 1 when one fails.")
        @Argument(help: "The policy's id.") var policy: String
        @OptionGroup var options: APIOptions

        func run() async throws {
            let answer = try await options.withGateway {
                try await $0.call(.post, api("governance", "policies", policy, "cases", "run"))
            }
            try PolicyCommand.show(answer, options)
        }
    }
}
