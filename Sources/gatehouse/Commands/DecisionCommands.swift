import ArgumentParser
import Fetch
import Governance
import HTTPAPI
import Vocabulary

/// The question of `decide` and `explain`.
struct QuestionArguments: ParsableArguments {
    @Argument(help: "The person's login, mail or id; with --service-account that account's name.") var user: String
    @Argument(help: "The action, such as read.") var action: String
    @Argument(help: "The resource, as TYPE:ID.") var resource: String
    @Flag(help: "The subject is a service account.") var serviceAccount = false
    @Option(help: "The id of a session of theirs: what was proven in it counts.") var session: String?
    @Option(help: "The id of an API key of the service account.") var key: String?

    @Option(
        name: .customLong("context"),
        help: "A circumstance of the request, as NAME=VALUE; a value is read as YAML. May be repeated.")
    var circumstances: [String] = []
    @Option(
        name: .customLong("property"),
        help: "An attribute of the resource, as NAME=VALUE; a value is read as YAML. May be repeated.")
    var properties: [String] = []
    @Option(help: "How bad it is: ok, warn or crit. The same as --context severity=….") var severity: Severity?

    func validate() throws {
        guard session == nil || key == nil else { throw ValidationError("--session and --key exclude each other.") }
        let halves = resource.split(separator: ":", maxSplits: 1)
        guard halves.count == 2 else { throw ValidationError("A resource is TYPE:ID, such as page:/handbook.") }
        try NamedValues(typed: circumstances).validate(as: "environment=production")
        try NamedValues(typed: properties).validate(as: "owner=ada")
    }

    func body() throws -> [String: AttributeValue] {
        let halves = resource.split(separator: ":", maxSplits: 1).map(String.init)
        var body: [String: AttributeValue] = members(["session": session, "api_key": key])
        let asked: [String: AttributeValue] = [
            "subject": .string(user), "subject_type": serviceAccount || key != nil ? "service_account" : "person",
            "action": .string(action), "resource_type": .string(halves[0]), "resource": .string(halves[1]),
        ]
        body.merge(asked) { first, _ in first }
        var context = try NamedValues(typed: circumstances).object()
        if let severity { context["severity"] = .string(severity.rawValue) }
        let attributes = try NamedValues(typed: properties).object()
        if !context.isEmpty { body["context"] = .object(context) }
        if !attributes.isEmpty { body["properties"] = .object(attributes) }
        return body
    }
}

extension Severity: ExpressibleByArgument {}

struct DecideCommand: APICommand {
    static let configuration = CommandConfiguration(
        commandName: "decide", abstract: "Answers whether somebody may do something, and by which rules.")
    @OptionGroup var question: QuestionArguments
    @Flag(help: "Hold back what is permitted under limits, until it is committed, released or runs out.")
    var reserve = false
    @Option(help: "With --reserve: seconds after which it is let go; 300 without it.") var timeToLive: Int?
    @Flag(help: "Ask for the approval that rules ask for, on the subject's behalf.") var requestApproval = false
    @Option(help: "With --request-approval: why, for those who approve.") var reason: String?
    @OptionGroup var options: APIOptions

    func validate() throws {
        guard !reserve || !requestApproval else {
            throw ValidationError("--reserve and --request-approval exclude each other.")
        }
        guard timeToLive == nil || reserve else { throw ValidationError("--time-to-live belongs to --reserve.") }
        guard reason == nil || requestApproval else { throw ValidationError("--reason belongs to --request-approval.") }
    }

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        var body = try question.body()
        if reserve { body["reserve"] = true }
        if let timeToLive { body["time_to_live"] = .integer(Int64(timeToLive)) }
        if requestApproval { body["request_approval"] = true }
        if let reason { body["reason"] = .string(reason) }
        let answer = try await client.call(.post, api("decide"), .object(body))
        return APIAnswer(answer, Self.text(answer))
    }

    private static func text(_ answer: AttributeValue) -> String {
        var lines = [
            answer["decision"]?.bool == true ? "permit" : "deny",
            "reasons  \(answer.cell("context.reason_codes"))", "rules    \(answer.cell("context.rules"))",
        ]
        let context = answer["context"]
        if let params = context?["policy"]?["params"]?.object, !params.isEmpty {
            lines.append("params   \(CanonicalJSON.encode(.object(params)))")
        }
        if let held = context?["reservation"] {
            lines.append("held     \(held.cell("id")), until \(held.cell("expires_at"))")
        }
        if let asked = context?["approval"] {
            lines.append(
                "approval \(asked.cell("id")) \(asked.cell("state")), step \(asked.cell("stage")) of "
                    + "\(asked.cell("stages")) by \(asked.cell("deadline"))")
        }
        lines.append(
            "valid    until \(answer.cell("context.valid_until")), as of event \(answer.cell("context.as_of"))")
        return lines.map(Console.plain).joined(separator: "\n")
    }
}

struct ExplainCommand: APICommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows the whole way to a decision, and what is missing for a deny.")
    @OptionGroup var question: QuestionArguments
    @OptionGroup var options: APIOptions

    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let trace = try await client.call(.post, api("explain"), .object(try question.body()))
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
        lines += (trace["governed_rules"]?.list ?? []).flatMap(governed)
        lines += (trace["sentences"]?.list ?? []).compactMap(\.string).map { "  because   \($0)" }
        lines += (trace["missing"]?.list ?? []).compactMap(\.string).map { "  missing   \($0)" }
        return lines.map(Console.plain).joined(separator: "\n")
    }

    /// A governed rule: what became of it, and what it had to say about time, amounts and others' consent.
    private static func governed(_ rule: AttributeValue) -> [String] {
        let decided = rule["determining"]?.bool == true ? ", decided" : ""
        var lines = [
            "  governed  \(rule.cell("policy")) v\(rule.cell("version"))/\(rule.cell("name")) \(rule.cell("effect")), "
                + "\(rule.cell("enforcement")): \(rule.cell("verdict"))\(decided)"
        ]
        for window in rule["windows"]?.list ?? [] { lines.append("    window    \(window.cell)") }
        for limit in rule["limits"]?.list ?? [] {
            let asked = limit["asked"].map { _ in "asked \(limit.cell("asked"))" } ?? "not said how much"
            lines.append(
                "    limit     \(limit.cell("limit")): used \(limit.cell("used")) of \(limit.cell("max")), "
                    + "\(limit.cell("left")) left, \(asked): \(limit.cell("outcome"))")
        }
        if let approval = rule["approval"] {
            let way = approval["workflow"].map { _ in "along the workflow \(approval.cell("workflow"))" }
            lines.append("    approval  \(way ?? "by \(approval.cell("roles"))")")
        }
        for set in rule["sets"]?.list ?? [] { lines.append("    votes in  \(set.cell)") }
        for note in rule["notes"]?.list ?? [] {
            lines.append("    \(note.cell("note")) \(note["by"].map { _ in "by \(note.cell("by"))" } ?? "")")
        }
        return lines
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
