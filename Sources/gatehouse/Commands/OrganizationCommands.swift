import ArgumentParser
import Fetch
import Vocabulary

struct OrganizationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organization",
        abstract: "The organization tree: organizations, divisions, departments, projects, teams.",
        subcommands: [List.self, Show.self, Add.self, Rename.self, Move.self, Delete.self])

    static let levels = ["organization", "division", "department", "project", "team"]

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Shows the whole tree.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let units = try await client.all(api("organization-units"))
            var table = Table(["UNIT", "LEVEL", "ID"])
            let children = Dictionary(grouping: units) { $0["parent"]?.string ?? "" }
            Self.add(below: "", depth: 0, children, to: &table)
            return APIAnswer(.list(units), units.isEmpty ? "none" : table.text)
        }

        // As deep as there are levels: a unit lies below one of a higher level.
        private static func add(
            below parent: String, depth: Int, _ children: [String: [AttributeValue]], to table: inout Table
        ) {
            guard depth < OrganizationCommand.levels.count else { return }
            for unit in (children[parent] ?? []).sorted(by: { $0.cell("name") < $1.cell("name") }) {
                let indent = String(repeating: "  ", count: depth)
                table.add([indent + unit.cell("name"), unit.cell("level"), unit.cell("id")])
                add(below: unit.cell("id"), depth: depth + 1, children, to: &table)
            }
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a unit with the units above it.")
        @Argument(help: "The unit's name or id.") var unit: String
        @OptionGroup var options: APIOptions

        var path: String { api("organization-units", unit) }
    }

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a unit.")
        @Argument(help: "One of organization, division, department, project, team.") var level: String
        @Argument(help: "Its name.") var name: String
        @Option(help: "The unit above, by name or id; every unit but an organization needs one.") var parent: String?
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard OrganizationCommand.levels.contains(level) else {
                throw ValidationError("`\(level)` is none of \(OrganizationCommand.levels.joined(separator: ", ")).")
            }
        }
        var request: ActRequest {
            (.post, api("organization-units"), members(["level": level, "name": name, "parent": parent]))
        }
        func sentence(_ answer: AttributeValue) -> String { "Made \(name), \(answer.cell("id"))." }
    }

    struct Rename: ChangeCommand {
        static let configuration = CommandConfiguration(abstract: "Renames a unit.")
        @Argument(help: "The unit's name or id.") var unit: String
        @Argument(help: "The new name.") var name: String
        @OptionGroup var options: APIOptions

        var path: String { api("organization-units", unit) }
        var body: [String: AttributeValue] { ["name": .string(name)] }
        func sentence(_ answer: AttributeValue) -> String { "Renamed it to \(answer.cell("name"))." }
    }

    struct Move: ChangeCommand {
        static let configuration = CommandConfiguration(abstract: "Moves a unit with everything below it.")
        @Argument(help: "The unit's name or id.") var unit: String
        @Argument(help: "The unit to put it under, by name or id.") var parent: String
        @OptionGroup var options: APIOptions

        var path: String { api("organization-units", unit) }
        var body: [String: AttributeValue] { ["parent": .string(parent)] }
        func sentence(_ answer: AttributeValue) -> String { "Moved \(answer.cell("name"))." }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a unit that has nobody in it and nothing below it.")
        @Argument(help: "The unit's name or id.") var unit: String
        @OptionGroup var options: APIOptions

        var path: String { api("organization-units", unit) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted \(unit)." }
    }
}
