import ArgumentParser
import Fetch
import Foundation
import HTTPAPI
import Vocabulary

struct NATSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nats",
        abstract: "Servers of NATS: credentials out of the organization, commands and events.",
        subcommands: [
            List.self, Show.self, Generate.self, Bootstrap.self, Change.self, Rotate.self, Revoke.self,
            NATSExportCommand.self, Credentials.self, Server.self, Status.self, Compare.self,
        ])

    struct List: APICommand {
        static let configuration = CommandConfiguration(abstract: "Shows operators, their accounts and users.")
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let operators = try await client.all(api("nats", "operators"))
            let accounts = try await client.all(api("nats", "accounts"))
            let users = try await client.all(api("nats", "users"))
            var table = Table(["NAME", "KIND", "PUBLIC KEY", "UNTIL"])
            for owner in operators {
                table.add([owner.cell("name"), "operator", owner.cell("public_key"), "–"])
                for account in accounts where account["operator"] == owner["id"] {
                    table.add(["  " + account.cell("name"), "account", account.cell("public_key"), "–"])
                    for user in users where user["account"] == account["id"] {
                        table.add([
                            "    " + user.cell("name"), "user", user.cell("public_key"), user.cell("expires_at"),
                        ])
                    }
                }
            }
            return APIAnswer(
                ["operators": .list(operators), "accounts": .list(accounts), "users": .list(users)],
                operators.isEmpty ? "none" : table.text)
        }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a user and what it may do.")
        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup var options: APIOptions

        var path: String { api("nats", "users", user) }
    }

    struct Bootstrap: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes what a bootstrap file tells of and is not there yet.",
            discussion: """
                The file is JSON, as clan-bootstrap.json: `organization`, `organizational_units` with their \
                `nats_account_name`, and `service_people` with their `nats_permissions`.
                """)
        @Argument(help: "The file.") var file: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandRefusal("\(file) cannot be read.")
            }
            let document: AttributeValue
            do { document = try StrictJSON.parse([UInt8](data)) } catch {
                throw CommandRefusal("\(file) is no JSON: \((error as? Fault)?.message ?? "\(error)")")
            }
            let answer = try await client.call(.post, api("nats", "bootstrap"), document)
            let leftOut = (answer["left_out"]?.list ?? []).compactMap(\.string)
            let rest =
                leftOut.isEmpty
                ? "" : "\nNo services, or not active, and left as they are: \(leftOut.joined(separator: ", "))."
            return APIAnswer(
                answer,
                """
                Operator \(answer.cell("operator")): \(answer.cell("accounts_made")) accounts and \
                \(answer.cell("users_made")) users made, with \(answer.cell("units_made")) units and \
                \(answer.cell("people_made")) people; \(answer.cell("kept")) were there already.\(rest)
                """)
        }
    }

    struct Revoke: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a user away; servers that hear of it end its connections.")
        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup var options: APIOptions

        var path: String { api("nats", "users", user) }
        func sentence(_ answer: AttributeValue) -> String { "Revoked \(user)." }
    }

    struct Rotate: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replaces the signing key of an operator or an account, or the key of a user.",
            discussion: """
                What the old key signed, or was handed out with it, holds no longer: hand out the credentials again. \
                Servers need the operator's new token in their configuration before they believe its accounts.
                """)
        @Argument(help: "One of operator, account, user.") var kind: String
        @Argument(help: "Its name or id.") var name: String
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard ["operator", "account", "user"].contains(kind) else {
                throw ValidationError("`\(kind)` is none of operator, account, user.")
            }
        }
        var request: ActRequest { (.post, api("nats", kind + "s", name, "rotate"), [:]) }
        func sentence(_ answer: AttributeValue) -> String { "Replaced the key of \(name)." }
    }

    struct Credentials: APICommand {
        static let configuration = CommandConfiguration(abstract: "Prints a user's credentials, as clients read them.")
        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let answer = try await client.call(.post, api("nats", "users", user, "credentials"))
            return APIAnswer(answer, answer["credentials"]?.string ?? "")
        }
    }

    struct Server: APICommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what a server is configured with to serve an operator. Nothing in it is secret.")
        @Option(help: "The operator, by name or id; needed where there are several.") var `operator`: String?
        @Option(help: "Where the server keeps accounts that it is told of; without it they are all in the text.")
        var directory: String?
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("nats", "server-configuration") + query(["operator": `operator`, "directory": directory])
            var text = ""
            try await client.text(path) { text += $0 }
            return APIAnswer(["configuration": .string(text)], text)
        }
    }
}
