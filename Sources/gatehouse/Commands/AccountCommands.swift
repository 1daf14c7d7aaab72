import ArgumentParser
import Fetch
import Vocabulary

struct ServiceAccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-account", abstract: "Accounts of programs.", subcommands: [Add.self, List.self])

    struct Add: APICommand {
        static let configuration = CommandConfiguration(abstract: "Makes a service account.")
        @Argument(help: "Its name.") var name: String
        @Option(help: "What it is for.") var description: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = ["name": .string(name)]
            if let description { body["description"] = .string(description) }
            let made = try await client.call(.post, "/api/v1/service-accounts", .object(body))
            return APIAnswer(
                made, "Made \(name), \(made.cell("id")). It needs a key: gatehouse api-key add \(name) KEY-NAME")
        }
    }

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists service accounts.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/service-accounts"),
                columns: ["NAME": "name", "DESCRIPTION": "description", "DISABLED": "disabled", "ID": "id"])
        }
    }
}

struct APIKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-key", abstract: "API keys of service accounts.",
        subcommands: [Add.self, List.self, Revoke.self])

    struct Add: APICommand {
        static let configuration = CommandConfiguration(abstract: "Makes an API key and prints it, this once.")
        @Argument(help: "The service account.") var account: String
        @Argument(help: "A name for the key.") var name: String
        @Option(help: "What it may be used for, such as decision:evaluate; everything without it.") var scope:
            [String] = []
        @Option(help: "Days until it ends, 1 to 366.") var days = 90
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard (1...366).contains(days) else { throw ValidationError("--days is a number from 1 to 366.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            var body: [String: AttributeValue] = ["name": .string(name), "lifetime_days": .integer(Int64(days))]
            if !scope.isEmpty { body["scopes"] = .list(scope.map(AttributeValue.string)) }
            let path = "/api/v1/service-accounts/\(ControlClient.encode(account))/keys"
            let made = try await client.call(.post, path, .object(body))
            return APIAnswer(
                made,
                "\(made.cell("token"))\nKeep it now: it is not shown again. It ends \(made.cell("key.expires_at")).")
        }
    }

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Lists an account's keys.")
        @Argument(help: "The service account.") var account: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            APIAnswer(
                try await client.all("/api/v1/service-accounts/\(ControlClient.encode(account))/keys"),
                columns: [
                    "NAME": "name", "SCOPES": "scopes", "ENDS": "expires_at", "REVOKED": "revoked_at", "ID": "id",
                ])
        }
    }

    struct Revoke: APICommand {
        static let configuration = CommandConfiguration(abstract: "Revokes an API key.")
        @Argument(help: "The service account.") var account: String
        @Argument(help: "The key's id.") var key: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let account = ControlClient.encode(account)
            try await client.call(.delete, "/api/v1/service-accounts/\(account)/keys/\(ControlClient.encode(key))")
            return APIAnswer(["revoked": .string(key)], "Revoked.")
        }
    }
}
