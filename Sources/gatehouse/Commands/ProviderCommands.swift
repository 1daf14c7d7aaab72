import ArgumentParser
import Fetch
import Vocabulary

struct ProviderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "Configured providers, and the groups that come from them.",
        subcommands: [List.self, Groups.self])

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists providers.")
        static let columns: KeyValuePairs = [
            "KEY": "key", "NAME": "name", "TYPE": "type", "ENABLED": "enabled", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("providers") }
    }

    struct Groups: APICommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Lists the groups at a provider: their immutable keys, and the roles that mappings give for them.",
            discussion: """
                Groups are known after the first directory job, or the first login of somebody who is in them; before that, \
                `gatehouse sync run NAME --dry-run` shows them. A key without a name stands in a mapping only.
                """)
        @Argument(help: "The provider's id in the configuration.") var provider: String
        @Argument(help: "Only groups whose name contains this.") var search: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let groups = try await client.all(
                api("providers", provider, "groups") + query(["search": search]))
            var table = Table(["KEY", "NAME", "ROLES"])
            for group in groups {
                let roles = (group["mappings"]?.list ?? []).map { $0.cell("role") }
                table.add([group.cell("key"), group.cell("name"), roles.isEmpty ? "–" : roles.joined(separator: ", ")])
            }
            return APIAnswer(.list(groups), groups.isEmpty ? "none" : table.text)
        }
    }
}
