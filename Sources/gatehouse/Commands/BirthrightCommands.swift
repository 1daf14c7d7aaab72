import ArgumentParser
import Fetch
import HTTPAPI
import Vocabulary

struct BirthrightCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "birthright",
        abstract: "Rules that give entitlements to everybody whose attributes meet a condition.",
        subcommands: [List.self, Show.self, Add.self, Change.self, Preview.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists birthright rules.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "STATUS": "status", "CONDITION": "condition", "ENTITLEMENTS": "entitlement_ids", "ID": "id",
        ]
        @Option(help: "Only those of this status: active or disabled.") var status: String?
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "birthright-rules") + query(["status": status]) }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a birthright rule.")
        @Argument(help: "Its id.") var rule: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "birthright-rules", rule) }
    }

    struct Add: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives entitlements to everybody whose attributes meet a condition.",
            discussion: #"A condition is JSON in the policy language: '{"equals": {"subject.department": "sales"}}'."#)
        @Argument(help: "Its name.") var name: String
        @Argument(help: "The condition, as JSON.") var condition: String
        @Argument(help: "The entitlements' ids.") var entitlements: [String]
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(
                .post, api("governance", "birthright-rules"),
                [
                    "name": .string(name), "condition": try BirthrightCommand.parse(condition),
                    "entitlement_ids": .list(entitlements.map(AttributeValue.string)),
                ])
            return APIAnswer(answer, "Made \(name), \(answer.cell("id")).")
        }
    }

    struct Change: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a birthright rule, or disables it; what it does not give any more ends.")
        @Argument(help: "Its id.") var rule: String
        @Option(help: "A new name.") var name: String?
        @Option(help: "active or disabled.") var status: String?
        @Option(help: "Another condition, as JSON.") var condition: String?
        @Option(name: .customLong("entitlement"), help: "Its entitlements from now on, by id; may be repeated.")
        var entitlements: [String] = []
        @OptionGroup var options: APIOptions

        func validate() throws {
            if name == nil, status == nil, condition == nil, entitlements.isEmpty {
                throw ValidationError("Say what to change, such as --status disabled.")
            }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body = members(["name": name, "status": status])
            if let condition { body["condition"] = try BirthrightCommand.parse(condition) }
            if !entitlements.isEmpty { body["entitlement_ids"] = .list(entitlements.map(AttributeValue.string)) }
            let answer = try await client.call(.patch, api("governance", "birthright-rules", rule), .object(body))
            return APIAnswer(answer, "Changed \(answer.cell("name")), version \(answer.cell("version")).")
        }
    }

    struct Preview: ShowCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what the rules would change for somebody now, and what would be held back.")
        @OptionGroup var subject: SubjectOptions
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "birthrights") + subject.query }
    }

    fileprivate static func parse(_ condition: String) throws -> AttributeValue {
        do { return try StrictJSON.parse(Array(condition.utf8)) } catch let failure as StrictJSON.Failure {
            throw CommandRefusal("The condition is not JSON: \(failure).")
        }
    }
}
