import ArgumentParser
import Fetch
import Gateway
import Vocabulary

struct DutyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sod", abstract: "Separation of duties: rules, checks, scans and what they found.",
        subcommands: [
            List.self, Show.self, Add.self, Change.self, Delete.self, Check.self, Scan.self, Violations.self,
            Violation.self,
            Exempt.self, Exemptions.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists rules.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "TYPE": "conflict_type", "SEVERITY": "severity", "STATUS": "status",
            "ORPHANED": "orphaned", "ID": "id",
        ]
        @Option(help: "Only those of this status: active or inactive.") var status: String?
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "rules") + query(["status": status]) }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a rule.")
        @Argument(help: "Its id.") var rule: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "rules", rule) }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a rule.")
        @Argument(help: "Its name.") var name: String
        @Argument(help: "exclusive, cardinality or inclusive.") var type: String
        @Argument(help: "low, medium, high or critical.") var severity: String
        @OptionGroup var details: RuleOptions
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("governance", "sod", "rules"),
                ["entitlement_ids": .list([])].merging(details.body) { $1 }
                    .merging(members(["name": name, "conflict_type": type, "severity": severity])) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct Change: ChangeCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a rule.", discussion: "--entitlement replaces all that were there.")
        static let choice = "Say what to change, such as --status inactive."
        @Argument(help: "Its id.") var rule: String
        @Option(help: "A new name.") var name: String?
        @Option(help: "active or inactive.") var status: String?
        @OptionGroup var details: RuleOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "rules", rule) }
        var body: [String: AttributeValue] { details.body.merging(members(["name": name, "status": status])) { $1 } }
        func sentence(_ answer: AttributeValue) -> String {
            "Changed \(answer.cell("name")), version \(answer.cell("version"))."
        }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes a rule; what it found is resolved.")
        @Argument(help: "Its id.") var rule: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "rules", rule) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted." }
    }

    struct Check: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether somebody could hold these entitlements besides what they hold.")
        @OptionGroup var subject: SubjectOptions
        @Option(name: .customLong("entitlement"), help: "An entitlement's id. May be repeated.")
        var entitlements: [String]
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let body = subject.body.merging(["entitlement_ids": .list(entitlements.map(AttributeValue.string))]) { $1 }
            let answer = try await client.call(.post, api("governance", "sod", "check"), .object(body))
            let found = (answer["violations"]?.list ?? []).compactMap { $0["message"]?.string }
            return APIAnswer(
                answer, found.isEmpty ? "✓ No rule stands in the way." : found.map { "✗ \($0)" }.joined(separator: "\n")
            )
        }
    }

    struct Scan: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks through what everybody holds, by every active rule or by one.")
        @Option(help: "Only by this rule.") var rule: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "sod", "scans"), .object(members(["rule_id": rule])))
            func count(_ name: String) -> String { answer.cell(name) }
            return APIAnswer(
                answer,
                "\(count("rules")) rules, \(count("subjects")) subjects: \(count("violating")) violations,"
                    + " \(count("found")) of them new, \(count("resolved")) resolved, \(count("exempted")) exempted.")
        }
    }

    struct Violations: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists violations.")
        static let columns: KeyValuePairs = [
            "ID": "id", "RULE": "rule_id", "SUBJECT": "subject.id", "STATUS": "status", "SINCE": "detected_at",
        ]
        @Option(help: "Only those of this person, by login, mail or id.") var person: String?
        @Option(help: "Only those of this rule.") var rule: String?
        @Option(help: "Only those of this status: active or resolved.") var status: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("governance", "sod", "violations")
                + query(["person": person, "rule": rule, "status": status])
        }
    }

    struct Violation: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a violation with what is held together.")
        @Argument(help: "Its id.") var violation: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "violations", violation) }
    }

    struct Exempt: APICommand {
        static let configuration = CommandConfiguration(abstract: "Exempts a person from a rule.")
        @Argument(help: "The rule's id.") var rule: String
        @Argument(help: "The person, by login, mail or id.") var person: String
        @Option(help: "Why, in ten characters or more.") var reason: String
        @Option(help: "When it ends, as an RFC 3339 date-time.") var expires: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let known = try await client.call(.get, api("people", person))
            let id = Identifier<Void>.random(at: SystemClock.now())
            let answer = try await client.call(
                .post, api("governance", "commands", "grant_exemption"),
                .object(
                    members([
                        "exemption_id": id.description, "sod_rule_id": rule, "entity_id": known["id"]?.string,
                        "entity_type": "person", "reason": reason, "expires_at": expires,
                    ])))
            return APIAnswer(answer, "Exempted (exemption \(id)).")
        }
    }

    struct Exemptions: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists somebody's exemptions from rules.")
        static let columns: KeyValuePairs = [
            "ID": "id", "RULE": "sod_rule_id", "STATE": "state", "GRANTED BY": "granted_by", "ENDS": "expires_at",
        ]
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "sod", "exemptions") + subject.query }
    }
}

/// What a rule is made of beside its name.
struct RuleOptions: ParsableArguments {
    @Option(name: .customLong("entitlement"), help: "An entitlement it names, by id. May be repeated.")
    var entitlements: [String] = []
    @Option(name: .customLong("max"), help: "How many may be held together; for cardinality.") var maximum: Int?
    @Option(help: "What it is for.") var description: String?

    var body: [String: AttributeValue] {
        var body = members(["description": description])
        if !entitlements.isEmpty { body["entitlement_ids"] = .list(entitlements.map(AttributeValue.string)) }
        if let maximum { body["max_count"] = .integer(Int64(maximum)) }
        return body
    }
}
