import ArgumentParser
import Fetch
import Vocabulary

struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles, and who holds them directly.",
        subcommands: [
            List.self, Show.self, Add.self, Change.self, Delete.self, Assign.self, Revoke.self, Assignments.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists roles.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "DESCRIPTION": "description", "MFA BY": "mfa_required_by", "PROTECTED": "protected",
            "MANAGED BY": "managed_by", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("roles") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a role with its permissions.")
        @Argument(help: "The role's name or id.") var role: String
        @OptionGroup var options: APIOptions

        var path: String { api("roles", role) }
        func shown(_ answer: AttributeValue) -> AttributeValue {
            var members = answer.object ?? [:]
            members["permissions"] = .list((members["permissions"]?.list ?? []).map(RoleDetails.text))
            return .object(members)
        }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a role.")
        @Argument(help: "Its name.") var name: String
        @OptionGroup var details: RoleDetails
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("roles"), details.body.merging(["name": .string(name)]) { _, name in name })
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct Change: ChangeCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a role.",
            discussion: "--permission and --inherits replace all that was there. Predefined roles cannot be changed.")
        @Argument(help: "The role's name or id.") var role: String
        @Option(help: "A new name.") var name: String?
        @OptionGroup var details: RoleDetails
        @OptionGroup var options: APIOptions

        var path: String { api("roles", role) }
        var body: [String: AttributeValue] { details.body.merging(members(["name": name])) { $1 } }
        static var choice: String { "Say what to change, such as --permission or --inherits." }
        func sentence(_ answer: AttributeValue) -> String {
            "Changed \(answer.cell("name")), version \(answer.cell("version"))."
        }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a role that nobody held and nothing maps to.")
        @Argument(help: "The role's name or id.") var role: String
        @OptionGroup var options: APIOptions

        var path: String { api("roles", role) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted \(role)." }
    }

    struct Assign: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Gives a role to a person or a service account.")
        @Argument(help: "The role's name or id.") var role: String
        @Argument(help: "The person's login, mail or id; with --service-account that account's name.") var subject:
            String
        @Flag(help: "The subject is a service account.") var serviceAccount = false
        @Option(help: "When it ends, as an RFC 3339 date-time such as 2027-01-31T18:00:00Z.") var expires: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            let named = serviceAccount ? "service_account" : "person"
            return (
                .post, api("assignments"),
                members(["role": role, "expires_at": expires]).merging([named: .string(subject)]) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String {
            "\(subject) holds \(role) now (assignment \(answer.cell("id")))."
        }
    }

    struct Revoke: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Takes an assigned role away.")
        @Argument(help: "The assignment's id, from `role assignments`.") var assignment: String
        @OptionGroup var options: APIOptions

        var path: String { api("assignments", assignment) }
        func sentence(_ answer: AttributeValue) -> String { "Taken away." }
    }

    struct Assignments: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists roles that were given directly.")
        static let columns: KeyValuePairs = [
            "ID": "id", "ROLE": "role", "SUBJECT": "subject.id", "GIVEN BY": "granted_by", "ENDS": "expires_at",
        ]
        @Option(help: "Only those of this person.") var person: String?
        @Option(help: "Only those of this service account.") var serviceAccount: String?
        @Option(help: "Only those of this role.") var role: String?
        @OptionGroup var options: APIOptions

        var path: String {
            api("assignments")
                + query(["person": person, "service_account": serviceAccount, "role": role])
        }
    }
}

/// What a role is made of beside its name.
struct RoleDetails: ParsableArguments {
    @Option(help: "What it is for.") var description: String?
    @Option(name: .customLong("permission"), help: "ACTION:TYPE or ACTION:TYPE:RESOURCE, `*` for any. May be repeated.")
    var permissions: [String] = []
    @Option(help: "A role whose permissions it includes, by name or id. May be repeated.") var inherits: [String] = []
    @Flag(inversion: .prefixedNo, help: "Hold directory jobs that would take it from its last holder.")
    var protected: Bool?
    @Flag(name: .customLong("mfa"), inversion: .prefixedNo, help: "Let it count only with a second factor.")
    var requiresMFA: Bool?

    func validate() throws {
        if let bad = permissions.first(where: { $0.split(separator: ":", maxSplits: 2).count < 2 }) {
            throw ValidationError("`\(bad)` is not ACTION:TYPE or ACTION:TYPE:RESOURCE.")
        }
    }

    var body: [String: AttributeValue] {
        var body = members(["description": description])
        if !permissions.isEmpty { body["permissions"] = .list(permissions.map(Self.permission)) }
        if !inherits.isEmpty { body["inherits"] = .list(inherits.map(AttributeValue.string)) }
        if let protected { body["protected"] = .bool(protected) }
        if let requiresMFA { body["requires_mfa"] = .bool(requiresMFA) }
        return body
    }

    /// A permission as `--permission` takes it.
    static func text(_ permission: AttributeValue) -> AttributeValue {
        .string(["action", "type", "resource"].compactMap { permission[$0]?.string }.joined(separator: ":"))
    }

    private static func permission(_ text: String) -> AttributeValue {
        let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
        return .object(
            members(["action": parts[0], "type": parts[1], "resource": parts.count > 2 ? parts[2] : nil]))
    }
}

struct MappingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping", abstract: "Which upstream groups and attributes give which roles.",
        subcommands: [List.self, Add.self, Delete.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists mappings.")
        static let columns: KeyValuePairs = [
            "ID": "id", "PROVIDER": "provider", "GROUP": "group", "ATTRIBUTE": "when.attribute", "VALUES": "when.in",
            "ROLE": "role", "MANAGED BY": "managed_by",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("mappings") }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Maps an upstream group, or an attribute, to a role.",
            discussion:
                "Give either --group with the group's immutable key (`provider groups` shows it), or --attribute.")
        @Argument(help: "The provider's id in the configuration.") var provider: String
        @Argument(help: "The role's name or id.") var role: String
        @Option(help: "The immutable key of the group at the provider.") var group: String?
        @Option(help: "The name of an attribute.") var attribute: String?
        @Option(name: .customLong("value"), help: "A value of the attribute that counts. May be repeated.")
        var values: [String] = []
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (group != nil) != (attribute != nil), (attribute != nil) == !values.isEmpty else {
                throw ValidationError("Give either --group, or --attribute with at least one --value.")
            }
        }
        var request: ActRequest {
            var body = members(["provider": provider, "role": role, "group": group])
            if let attribute {
                body["when"] = [
                    "attribute": .string(attribute), "in": .list(values.map(AttributeValue.string)),
                ]
            }
            return (.post, api("mappings"), body)
        }
        func sentence(_ answer: AttributeValue) -> String { "Mapped (\(answer.cell("id")))." }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a mapping, and at once what people held through it.")
        @Argument(help: "The mapping's id, from `mapping list`.") var mapping: String
        @OptionGroup var options: APIOptions

        var path: String { api("mappings", mapping) }
        func sentence(_ answer: AttributeValue) -> String { "Ended." }
    }
}
