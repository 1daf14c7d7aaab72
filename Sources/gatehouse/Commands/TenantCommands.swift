import ArgumentParser
import Fetch
import Vocabulary

struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Tenants.",
        subcommands: [Add.self, List.self, Rename.self, Disable.self, Enable.self])

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Adds a tenant with its predefined roles.")
        @Argument(help: "Its name in addresses: lower-case letters, digits and hyphens.") var slug: String
        @Argument(help: "Its name for people.") var name: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("tenants"), members(["slug": slug, "name": name]))
        }
        func sentence(_ answer: AttributeValue) -> String { "Added the tenant \(slug), \(answer.cell("id"))." }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists tenants.")
        static let columns: KeyValuePairs = ["SLUG": "slug", "NAME": "name", "DISABLED": "disabled", "ID": "id"]
        @OptionGroup var options: APIOptions

        var path: String { api("tenants") }
    }

    struct Rename: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Changes a tenant's slug, its name, or both.")
        @Argument(help: "The present slug.") var slug: String
        @Option(help: "The new slug.") var newSlug: String?
        @Option(help: "The new name.") var name: String?
        @OptionGroup var options: APIOptions

        func validate() throws {
            if newSlug == nil, name == nil { throw ValidationError("Give --new-slug, --name or both.") }
        }
        var request: ActRequest {
            (.patch, api("tenants", slug), members(["slug": newSlug, "name": name]))
        }
        func sentence(_ answer: AttributeValue) -> String {
            "It is \(answer.cell("slug")), \(answer.cell("name")), now."
        }
    }

    struct Disable: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Refuses everything of a tenant.")
        @Argument(help: "The tenant's slug.") var slug: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.patch, api("tenants", slug), ["disabled": true])
        }
        func sentence(_ answer: AttributeValue) -> String { "Disabled \(slug)." }
    }

    struct Enable: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a disabled tenant in again.")
        @Argument(help: "The tenant's slug.") var slug: String
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.patch, api("tenants", slug), ["disabled": false])
        }
        func sentence(_ answer: AttributeValue) -> String { "Enabled \(slug)." }
    }
}
