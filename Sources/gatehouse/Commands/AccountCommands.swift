import ArgumentParser
import Fetch
import Vocabulary

struct ServiceAccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-account", abstract: "Accounts of programs.",
        subcommands: [Add.self, List.self, Show.self, Disable.self, Enable.self])

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a service account.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "What it is for.") var description: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (.post, api("service-accounts"), members(["name": name, "description": description]))
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Made \(name), \(answer.cell("id")). It needs a key: gatehouse api-key add \(name) KEY-NAME"
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a service account.")
        @Argument(help: "Its name or id.") var account: String
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts", account) }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists service accounts.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "DESCRIPTION": "description", "DISABLED": "disabled", "ID": "id",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts") }
    }

    struct Disable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Refuses all of an account's keys at once.")
        @Argument(help: "The account's name or id.") var account: String
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts", account, "disable") }
        func sentence(_ answer: AttributeValue) -> String { "Disabled \(account)." }
    }

    struct Enable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Accepts an account's keys again.")
        @Argument(help: "The account's name or id.") var account: String
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts", account, "enable") }
        func sentence(_ answer: AttributeValue) -> String { "Enabled \(account)." }
    }
}

struct APIKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-key", abstract: "API keys of service accounts.",
        subcommands: [Add.self, List.self, Revoke.self])

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an API key and prints it, this once.")
        @Argument(help: "The service account.") var account: String
        @Argument(help: "A name for the key.") var name: String
        @Option(help: "What it may be used for, such as decision:evaluate; everything without it. May be repeated.")
        var scope: [String] = []
        @Option(help: "Days until it ends, 1 to 366.") var days = 90
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (1...366).contains(days) else { throw ValidationError("--days is a number from 1 to 366.") }
        }
        var request: ActRequest {
            var body: [String: AttributeValue] = ["name": .string(name), "lifetime_days": .integer(Int64(days))]
            if !scope.isEmpty { body["scopes"] = .list(scope.map(AttributeValue.string)) }
            return (.post, api("service-accounts", account, "keys"), body)
        }
        func sentence(_ answer: AttributeValue) -> String {
            "\(answer.cell("token"))\nKeep it now: it is not shown again. It ends \(answer.cell("key.expires_at"))."
        }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists an account's keys.")
        static let columns: KeyValuePairs = [
            "NAME": "name", "SCOPES": "scopes", "ENDS": "expires_at", "REVOKED": "revoked_at", "ID": "id",
        ]
        @Argument(help: "The service account.") var account: String
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts", account, "keys") }
    }

    struct Revoke: RemoveCommand {
        static let configuration = CommandConfiguration(abstract: "Revokes an API key at once.")
        @Argument(help: "The service account.") var account: String
        @Argument(help: "The key's id, from `api-key list`.") var key: String
        @OptionGroup var options: APIOptions

        var path: String { api("service-accounts", account, "keys", key) }
        func sentence(_ answer: AttributeValue) -> String { "Revoked." }
    }
}
