import ArgumentParser
import Fetch
import Foundation
import Gateway
import Governance
import HTTPAPI
import Vocabulary

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Policies: written, judged and tried, and the documents that are stored.",
        discussion: """
            `lint`, `test`, `simulate`, `backtest`, `impact` and `analyze` take documents of every style; `put`, `list`, \
            `show` and `delete` are about stored policy documents. The life of governed policies is below `governance`.
            """,
        subcommands: [
            Lint.self, Test.self, Simulate.self, Backtest.self, Impact.self, Analyze.self, PolicyTemplateCommand.self,
            PolicyCasesCommand.self, Export.self, Import.self, Put.self, List.self, Show.self, Delete.self,
        ])

    /// The text of a policy file.
    static func read(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8)
        else {
            throw CommandRefusal("The file \(file) cannot be read as text.")
        }
        return text
    }

    struct Lint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reports every fault of a document at once, and what is probably not meant.",
            discussion: """
                With a configuration (--config, GATEHOUSE_CONFIG or the default one) the document is also held to the roles \
                and groups of that gateway, running or not, and unknown names are warned of.
                """)
        @Argument(help: "The document, YAML or JSON.") var file: String
        @OptionGroup var options: APIOptions

        func run() async throws {
            let text = try PolicyCommand.read(file)
            let style = (try? PolicyService.parse(text)).map { DraftStyle(of: $0) }
            if style != .document { return try await review(text) }
            let faults = try PolicyTools.lint(text)
            let warnings = try await warnings(of: PolicyService.parse(text)).filter { !faults.contains($0) }
            if options.json {
                let lists = [("faults", faults), ("warnings", warnings)].map {
                    ($0, AttributeValue.list($1.map(AttributeValue.string)))
                }
                Console.line(CanonicalJSON.encode(.object(Dictionary(uniqueKeysWithValues: lists))))
            }
            for fault in faults { Console.error("✗ \(fault)") }
            for warning in warnings { Console.error("! \(warning)") }
            if !faults.isEmpty { throw CommandRefusal() }
            if !options.json { Console.line("✓ \(file) has no faults.") }
        }

        /// Every other style: where, what and how to mend it, by the gateway's own words where one can be asked.
        private func review(_ text: String) async throws {
            var review = PolicyWorkbench.review(text).json
            if options.location.isThere {
                do {
                    review = try await options.withGateway {
                        try await $0.call(.post, api("governance", "review"), ["text": .string(text)])
                    }
                } catch { if options.location.file != nil { throw error } }
            }
            if options.json { Console.line(CanonicalJSON.encode(review)) }
            for finding in review["findings"]?.list ?? [] {
                let sign = finding["gravity"] == "error" ? "✗" : "!"
                let place = finding["line"]?.integer.map { "\(file):\($0): " } ?? ""
                Console.error(
                    Console.plain(
                        "\(sign) \(place)\(finding.cell("path")): \(finding.cell("message")). \(finding.cell("remedy"))"
                    ))
            }
            if review["usable"] != true { throw CommandRefusal() }
            if !options.json { Console.line("✓ \(file) has no faults.") }
        }

        /// What a gateway knows better than the document by itself. One that nobody named and that cannot be asked, as by
        /// somebody who is not its administrator, is left out.
        private func warnings(of document: AttributeValue) async throws -> [String] {
            guard options.location.isThere else { return [] }
            do {
                let answer = try await options.withGateway { try await $0.call(.post, api("policy-lint"), document) }
                return (answer["findings"]?.list ?? []).map { "\($0.cell("policy")): \($0.cell("message"))" }
            } catch {
                guard options.location.file == nil else { throw error }
                return []
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs the cases of a document, of any style; exit status 1 when one fails.")
        @Argument(help: "The document, YAML or JSON.") var file: String

        func run() async throws {
            let text = try PolicyCommand.read(file)
            let tree = try PolicyService.parse(text)
            guard tree["tests"]?.list?.isEmpty == false else {
                throw CommandRefusal("\(file) has no cases below `tests`.")
            }
            if DraftStyle(of: tree) != .document {
                return try PolicyCommand.show(
                    WorkbenchJSON.results(try PolicyWorkbench.run(tree, now: SystemClock.now())))
            }
            let cases = try PolicyTools.test(text, now: SystemClock.now())
            for one in cases {
                Console.line(one.failure.map { "✗ \(one.name): \($0)" } ?? "✓ \(one.name)")
            }
            if cases.contains(where: { $0.failure != nil }) { throw CommandRefusal("Not every case holds.") }
        }
    }

    /// Shows how cases went. Throws for a case that does not hold.
    static func show(_ answer: AttributeValue, _ options: APIOptions? = nil) throws {
        var table = Table(["", "CASE", "EXPECTED", "GOT", "RULE", "BECAUSE"])
        for one in answer["cases"]?.list ?? [] {
            table.add([
                one["failure"] == nil ? "✓" : "✗", one.cell("name"), one.cell("expected"), one.cell("found"),
                one.cell("rule"), one["failure"]?.string ?? "",
            ])
        }
        Console.line(options?.json == true ? CanonicalJSON.encode(answer) : table.isEmpty ? "none" : table.text)
        if answer["passed"] != true { throw CommandRefusal("Not every case holds.") }
    }

    struct Put: APICommand {
        static let configuration = CommandConfiguration(abstract: "Stores a document, new or in place of the old.")
        @Argument(help: "The document, YAML or JSON.") var file: String
        @Option(help: "The name it is stored under; the file's name without it.") var name: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            let name = name ?? URL(fileURLWithPath: file).lastPathComponent
            let stored = try await client.call(.put, api("policies", name), document)
            return APIAnswer(stored, "Stored \(name), version \(stored.cell("version")).")
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists stored documents.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "VERSION": "version", "MANAGED BY": "managed_by", "CHANGED": "updated_at", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("policies") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a stored document.")
        @Argument(help: "Its name or id.") var name: String
        @OptionGroup var options: APIOptions

        var path: String { api("policies", name) }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes a stored document.")
        @Argument(help: "Its name or id.") var name: String
        @OptionGroup var options: APIOptions

        var path: String { api("policies", name) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted \(name)." }
    }
}
