import ArgumentParser
import Fetch
import Foundation
import Gateway
import Governance
import HTTPAPI
import Vocabulary

/// What is tried, as options name it.
struct CandidateOptions: ParsableArguments {
    @Option(help: "A document to try: YAML or JSON, of any style.") var file: String?
    @Option(help: "A governed policy to try, by id; with --file, the one that the document takes the place of.")
    var policy: String?
    @Option(help: "The version of --policy; the newest without it.") var version: Int64?
    @Option(help: "Try the rules without this governed policy.") var without: String?
    @Option(help: "Hold it against this document, in place of the rules in force.") var againstFile: String?
    @Option(help: "Hold it against this governed policy, by id.") var againstPolicy: String?
    @Option(help: "The version of --against-policy.") var againstVersion: Int64?

    /// Members of a body: what is tried, and what it is held against.
    func body() throws -> [String: AttributeValue] {
        var body: [String: AttributeValue] = [:]
        if let without {
            body["candidate"] = ["without": .string(without)]
        } else {
            body["candidate"] = try Self.candidate(file, policy, version)
        }
        body["against"] = try Self.candidate(againstFile, againstPolicy, againstVersion)
        return body
    }

    private static func candidate(_ file: String?, _ policy: String?, _ version: Int64?) throws -> AttributeValue? {
        var members = members(["policy_id": policy])
        members["version"] = version.map { .integer($0) }
        if let file {
            members["document"] = try PolicyService.parse(try PolicyCommand.read(file))
            members["version"] = nil
            let style = DraftStyle(of: members["document"] ?? .null)
            if style == .document { members["name"] = .string(URL(fileURLWithPath: file).lastPathComponent) }
        }
        return members.isEmpty ? nil : .object(members)
    }
}

extension PolicyCommand {
    /// Questions of a file: a list, a mapping with `questions`, or one question.
    static func questions(_ file: String) throws -> AttributeValue {
        let tree = try PolicyService.parse(try read(file))
        if case .list = tree { return tree }
        return tree["questions"] ?? .list([tree])
    }

    struct Simulate: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks made-up requests of rules that are not in force. Writes nothing.",
            discussion: """
                A question is {subject: {roles, groups, attributes}, action, resource: {type, id, attributes}, context, \
                authentication: {acr, age}, at}; `person` or `service_account` in place of `subject` names somebody. \
                Exit status 0 also when answers differ.
                """)
        @Argument(help: "The questions, YAML or JSON.") var questions: String
        @OptionGroup var candidate: CandidateOptions
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = try candidate.body()
            let asked = try PolicyCommand.questions(questions)
            body["questions"] = asked
            let answer = try await client.call(.post, api("governance", "simulate"), .object(body))
            var table = Table(["", "ACTION", "RESOURCE", "BEFORE", "AFTER", "REASON", "RULES"])
            for (one, question) in zip(answer["answers"]?.list ?? [], asked.list ?? []) {
                table.add([
                    one["flip"] == true ? "≠" : "=", question["action"]?.cell ?? "alert",
                    "\(question.cell("resource.type")):\(question.cell("resource.id"))", one.cell("before.outcome"),
                    one.cell("after.outcome"), one.cell("after.reason"), one.cell("after.rules"),
                ])
            }
            return APIAnswer(answer, table.text + "\n\(answer.cell("flips")) answered otherwise.")
        }
    }

    struct Analyze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Finds rules that never fire, are shadowed, equal or over-broad, each with a request that shows it.",
            discussion: """
                With a file alone, of that document by itself; with a gateway's rules, of what would be in force with it. \
                What cannot be said is said to be undecided. Exit status 1 when something was found.
                """)
        @Flag(help: "Only the document by itself, without a gateway.") var offline = false
        @OptionGroup var candidate: CandidateOptions
        @OptionGroup var options: APIOptions

        func run() async throws {
            let answer: AttributeValue
            if offline {
                guard let file = candidate.file else { throw ValidationError("Name a --file.") }
                let tree = try PolicyService.parse(try PolicyCommand.read(file))
                answer = try PolicyWorkbench.analyze(tree, now: SystemClock.now()).json
            } else {
                var body = try candidate.body()
                body["against"] = nil
                answer = try await options.withGateway { [body] in
                    try await $0.call(.post, api("governance", "analyze"), .object(body))
                }
            }
            let findings = answer["findings"]?.list ?? []
            APIAnswer(answer, Self.text(answer, findings)).show(options)
            if findings.contains(where: { $0["kind"] != "undecided" }) { throw CommandRefusal() }
        }

        private static func text(_ answer: AttributeValue, _ findings: [AttributeValue]) -> String {
            let lines = findings.map { finding in
                let other = finding["other"]?.string.map { " (\($0))" } ?? ""
                let witness = finding["witness"].map { "\n    \(CanonicalJSON.encode($0))" } ?? ""
                let head = "\(finding.cell("kind"))  \(finding.cell("rule")): \(finding.cell("message"))\(other)"
                return Console.plain(head) + witness
            }
            let end = "\(answer.cell("rules")) rules, \(answer.cell("requests")) requests asked."
            return (lines + [lines.isEmpty ? "Nothing was found. " + end : end]).joined(separator: "\n")
        }
    }

    // MARK: From one place to another

    struct Export: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes governed policies as one document, without ids, authors, history, and names of people.")
        @Option(name: .customLong("policy"), help: "Only this one, by id; may be repeated.") var policies: [String] = []
        @Flag(help: "Take policies along that name people.") var withPeople = false
        @Option(help: "The file to write; standard output without it.") var output: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = ["include_people": .bool(withPeople)]
            if !policies.isEmpty { body["policies"] = .list(policies.map { .string($0) }) }
            let answer = try await client.call(.post, api("governance", "exports"), .object(body))
            for one in answer["left_out"]?.list ?? [] {
                Console.error("! \(one.cell("name")) names people and was left out: \(one.cell("names_people_at"))")
            }
            let text = CanonicalJSON.encode(answer["document"] ?? .null)
            guard let output else { return APIAnswer(answer["document"] ?? .null, text) }
            try (text + "\n").write(toFile: output, atomically: true, encoding: .utf8)
            let count = answer["document"]?["governed_policies"]?.list?.count ?? 0
            return APIAnswer(answer, "Wrote \(count) policies to \(output).")
        }
    }

    struct Import: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes drafts of an exported document, or of one of any style, with their cases.",
            discussion: "`policy import` and `governance import` are the same.")
        @Argument(help: "The document, YAML or JSON.") var file: String
        @Option(help: "What the policy of one document is called, in place of what it says.") var name: String?
        @Option(help: "advisory, recommended, mandatory or critical, in place of what it says.")
        var enforcement: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            var body = members(["name": name, "enforcement": enforcement])
            body["document"] = document
            let made = try await client.call(.post, api("governance", "imports"), .object(body))
            let lines = (made["policies"]?.list ?? []).map { one in
                "Drafted \(one.cell("name")), \(one.cell("rules")) rules: \(one.cell("id"))"
            }
            let next = lines.isEmpty ? "There was no policy in it." : "Approve and activate them next."
            return APIAnswer(made, (lines + [next]).map(Console.plain).joined(separator: "\n"))
        }
    }
}
