import ArgumentParser
import Fetch
import Gateway
import Vocabulary

extension EntitlementCommand {
    struct ShowApplication: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows an application.")
        @Argument(help: "Its id.") var application: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "applications", application) }
    }

    struct ChangeApplication: ChangeCommand {
        static let configuration = CommandConfiguration(abstract: "Changes what is said about an application.")
        @Argument(help: "Its id.") var application: String
        @Option(help: "A new name.") var name: String?
        @Option(help: "What it is for.") var description: String?
        @Option(help: "What kind it is, such as on_premise.") var type: String?
        @Option(help: "active or inactive.") var status: String?
        @Option(help: "The person who owns it, by id.") var owner: String?
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "applications", application) }
        var body: [String: AttributeValue] {
            members([
                "name": name, "description": description, "type": type, "status": status, "owner_id": owner,
            ])
        }
        func sentence(_ answer: AttributeValue) -> String { "Changed \(answer.cell("name"))." }
    }

    struct ShowAssignment: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows an assignment with its justification.")
        @Argument(help: "Its id.") var assignment: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "assignments", assignment) }
    }

    struct Delegate: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Passes an assignment on to somebody.")
        @Argument(help: "The assignment's id.") var assignment: String
        @OptionGroup var subject: SubjectOptions
        @Option(help: "When it ends, as an RFC 3339 date-time.") var expires: String?
        @Option(help: "Why.") var justification: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            let more = members(["expires_at": expires, "justification": justification])
            return (
                .post, api("governance", "assignments", assignment, "delegate"), subject.body.merging(more) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String { "Passed on, assignment \(answer.cell("id"))." }
    }

    struct Rules: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is asked of assignments, or sets it by a document.")
        @Option(help: "The new rules, YAML or JSON: approver_roles, checks, prerequisites, workflow_id, workflows.")
        var file: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("governance", "assignment-rules")
            let present = try await client.call(.get, path)
            guard let file else { return APIAnswer(properties: present) }
            let document = try PolicyService.parse(try PolicyCommand.read(file))
            let version = present["version"]?.integer.map { "\"v\($0)\"" }
            return APIAnswer(properties: try await client.call(.put, path, document, ifMatch: version))
        }
    }

    struct Event: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one entry of the audit of entitlements.")
        @Argument(help: "Its id.") var event: String
        @OptionGroup var options: APIOptions

        var path: String { api("governance", "entitlement-audit", event) }
    }
}
