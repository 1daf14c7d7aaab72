import ArgumentParser
import Fetch
import Vocabulary

/// The question of `decide` and `explain`.
struct QuestionArguments: ParsableArguments {
    @Argument(help: "The person's login, mail or id; with --service-account that account's name.") var user: String
    @Argument(help: "The action, such as read.") var action: String
    @Argument(help: "The resource, as TYPE:ID.") var resource: String
    @Flag(help: "The subject is a service account.") var serviceAccount = false
    @Option(help: "The id of a session of theirs: what was proven in it counts.") var session: String?
    @Option(help: "The id of an API key of the service account.") var key: String?

    func validate() throws {
        guard session == nil || key == nil else { throw ValidationError("--session and --key exclude each other.") }
        let halves = resource.split(separator: ":", maxSplits: 1)
        guard halves.count == 2 else { throw ValidationError("A resource is TYPE:ID, such as page:/handbook.") }
    }

    var body: AttributeValue {
        let halves = resource.split(separator: ":", maxSplits: 1).map(String.init)
        return .object(
            [
                "subject": .string(user),
                "subject_type": serviceAccount || key != nil ? "service_account" : "person",
                "action": .string(action), "resource_type": .string(halves[0]), "resource": .string(halves[1]),
            ].merging(members(["session": session, "api_key": key])) { first, _ in first })
    }
}

struct DecideCommand: APICommand {
    static let configuration = CommandConfiguration(
        commandName: "decide", abstract: "Answers whether somebody may do something, and by which rules.")
    @OptionGroup var question: QuestionArguments
    @OptionGroup var options: APIOptions

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let answer = try await client.call(.post, api("decide"), question.body)
        let word = answer["decision"]?.bool == true ? "permit" : "deny"
        return APIAnswer(
            answer,
            """
            \(word)
            reasons  \(answer.cell("context.reason_codes"))
            rules    \(answer.cell("context.rules"))
            valid    until \(answer.cell("context.valid_until")), as of event \(answer.cell("context.as_of"))
            """)
    }
}

struct ExplainCommand: APICommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows the whole way to a decision, and what is missing for a deny.")
    @OptionGroup var question: QuestionArguments
    @OptionGroup var options: APIOptions

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let trace = try await client.call(.post, api("explain"), question.body)
        return APIAnswer(trace, Self.text(trace))
    }

    private static func text(_ trace: AttributeValue) -> String {
        var lines = [
            trace["decision"]?.bool == true ? "permit" : "deny",
            "  subject   \(trace.cell("subject.login")) (\(trace.cell("subject.id")))",
        ]
        lines += session(trace["authentication"])
        for identity in trace["identities"]?.list ?? [] {
            lines.append(
                "  identity  \(identity.cell("login")) at \(identity.cell("provider")), "
                    + "key \(identity.cell("subject_key"))"
            )
        }
        for group in trace["groups"]?.list ?? [] {
            let way = group["direct"]?.bool == true ? "direct" : "through another group"
            // Of a directory job, the command is its run: `sync show` tells the rest.
            let command = group["command"].map { _ in " in \(group.cell("command"))" } ?? ""
            lines.append(
                "  group     \(group.cell("name")) (\(way)), brought by \(group.cell("brought_by"))\(command)")
        }
        for role in trace["roles"]?.list ?? [] {
            let mappings = role["mappings"]?.list ?? []
            let source =
                mappings.isEmpty
                ? "assigned" : "mapped from \(role.cell("because")), by \(role.cell("mappings"))"
            let note = role["held_back"]?.bool == true ? ", waits for a second factor" : ""
            lines.append("  role      \(role.cell("name")) (\(source)\(note))")
        }
        for rule in trace["rules"]?.list ?? [] {
            let chain = (rule["role_chain"]?.list ?? []).compactMap(\.string)
            let way = chain.count > 1 ? " through \(chain.joined(separator: " → "))" : ""
            lines.append(
                "  rule      \(name(of: rule)) \(rule.cell("effect")): \(rule.cell("verdict"))\(way)")
        }
        for rule in trace["blocking"]?.list ?? [] {
            lines.append("  forbids   \(name(of: rule)): \(rule.cell("unmet"))")
        }
        lines += (trace["sentences"]?.list ?? []).compactMap(\.string).map { "  because   \($0)" }
        lines += (trace["missing"]?.list ?? []).compactMap(\.string).map { "  missing   \($0)" }
        return lines.map(Console.plain).joined(separator: "\n")
    }

    private static func session(_ stood: AttributeValue?) -> [String] {
        guard let stood else { return ["  session   none was named, so nothing is taken to be proven"] }
        let place = [
            stood["provider"].map { _ in "at \(stood.cell("provider"))" },
            stood["application"].map { _ in "for \(stood.cell("application"))" },
        ].compactMap(\.self)
        let kind = stood["type"] == "api_key" ? "key       " : "session   "
        let proofs = (stood["proofs"]?.list ?? []).map { proof in
            let provider = proof["provider"].map { _ in " at \(proof.cell("provider"))" } ?? ""
            return "  proven    \(proof.cell("method"))\(provider), \(proof.cell("at"))"
        }
        let found = (stood["anomalies"]?.list ?? []).compactMap(\.string).map { "  stood out \($0)" }
        return [
            "  \(kind)\(([stood.cell("id")] + place).joined(separator: " ")), strength \(stood.cell("acr"))"
        ] + proofs + found
    }

    /// A role's permission by the role's name, a policy by its id and version.
    private static func name(of rule: AttributeValue) -> String {
        let reference = rule.cell("rule")
        guard reference.hasPrefix("role:"), rule["name"] != nil else { return reference }
        return "role:\(rule.cell("name"))"
    }
}
