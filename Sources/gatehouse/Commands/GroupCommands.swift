import ArgumentParser
import Fetch
import Vocabulary

struct GroupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Groups and who is in them.",
        subcommands: [
            List.self, Show.self, Add.self, Change.self, Delete.self, Members.self, AddMember.self, RemoveMember.self,
        ])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists groups with their upstream keys.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "UPSTREAM KEY": "upstream_key", "MANAGED BY": "managed_by", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("groups") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a group.")
        @Argument(help: "The group's id, from `group list`.") var group: String
        @OptionGroup var options: APIOptions

        var path: String { api("groups", group) }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a group of our own.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "What it is for.") var description: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("groups"), members(["name": name, "description": description]))
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct Change: ChangeCommand {
        static let configuration = CommandConfiguration(abstract: "Renames or describes a group of our own.")
        @Argument(help: "The group's id.") var group: String
        @Option(help: "The new name.") var name: String?
        @Option(help: "What it is for; an empty text removes it.") var description: String?
        @OptionGroup var options: APIOptions

        var path: String { api("groups", group) }
        var body: [String: AttributeValue] { members(["name": name, "description": description]) }
        static var choice: String { "Give --name, --description or both." }
        func sentence(_ answer: AttributeValue) -> String { "Changed \(answer.cell("name"))." }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a group of our own, and what it gave its members.")
        @Argument(help: "The group's id.") var group: String
        @OptionGroup var options: APIOptions

        var path: String { api("groups", group) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted." }
    }

    struct Members: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the direct members of a group.")
        static let columns: KeyValuePairs = ["PERSON": "person"]
        @Argument(help: "The group's id.") var group: String
        @OptionGroup var options: APIOptions

        var path: String { api("groups", group, "members") }
    }

    struct AddMember: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Puts a person into a group of our own.")
        @Argument(help: "The group's id.") var group: String
        @Argument(help: "The person's login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.put, api("groups", group, "members", person), [:])
        }
        func sentence(_ answer: AttributeValue) -> String { "\(person) is in the group." }
    }

    struct RemoveMember: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Takes a person out of a group of our own.")
        @Argument(help: "The group's id.") var group: String
        @Argument(help: "The person's login, mail or id.") var person: String
        @OptionGroup var options: APIOptions

        var path: String { api("groups", group, "members", person) }
        func sentence(_ answer: AttributeValue) -> String { "\(person) is not in the group." }
    }
}
