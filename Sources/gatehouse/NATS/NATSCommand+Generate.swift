import ArgumentParser
import Fetch
import Vocabulary

extension NATSCommand {
    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an operator of an organization, an account of a unit, a user of a service person.",
            subcommands: [Operator.self, Account.self, User.self])
    }

    /// What a user may do.
    struct Rights: ParsableArguments {
        @Option(help: "A domain that it publishes for and hears; may be repeated.") var domain: [String] = []
        @Option(help: "A domain that it hears; may be repeated.") var related: [String] = []
        @Option(help: "A subject beside those of its domains; may be repeated.") var publish: [String] = []
        @Option(help: "A subject beside those of its domains; may be repeated.") var subscribe: [String] = []
        @Option(help: "A stream that it reads, or NAME=manage; may be repeated.") var stream: [String] = []
        @Option(help: "A policy command that it may ask for as its person, or *; may be repeated.")
        var policyCommand: [String] = []
        @Flag(help: "The gateway answers policy commands and tells events as this user.") var policyService = false
        @Option(help: "A network that it may come from; may be repeated.") var source: [String] = []
        @Option(help: "Bytes of a message; -1 for no bound.") var maxPayload: Int64?

        var body: [String: AttributeValue] {
            var body: [String: AttributeValue] = [:]
            for (name, texts) in [
                ("domains", domain), ("related_domains", related), ("publish", publish), ("subscribe", subscribe),
                ("sources", source), ("policy_commands", policyCommand),
            ] where !texts.isEmpty { body[name] = .list(texts.map(AttributeValue.string)) }
            if !stream.isEmpty { body["streams"] = .list(stream.map(Self.access)) }
            if policyService { body["policy_service"] = true }
            body["max_payload"] = maxPayload.map(AttributeValue.integer)
            return body
        }

        private static func access(_ text: String) -> AttributeValue {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return ["name": .string(parts.first ?? ""), "access": .string(parts.count > 1 ? parts[1] : "read")]
        }
    }

    /// What an account is bound by.
    struct Bounds: ParsableArguments {
        @Option(help: "A bound, as connections=100; may be repeated.") var limit: [String] = []
        @Option(help: "What JetStream may keep, as disk=1000000000; may be repeated.") var jetstream: [String] = []

        func body() throws -> [String: AttributeValue] {
            var body: [String: AttributeValue] = [:]
            for (name, texts) in [("limits", limit), ("jetstream", jetstream)] where !texts.isEmpty {
                body[name] = .object(Dictionary(try texts.map(Self.number), uniquingKeysWith: { $1 }))
            }
            return body
        }

        private static func number(_ text: String) throws -> (String, AttributeValue) {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let number = Int64(parts[1]) else {
                throw ValidationError("`\(text)` is not NAME=NUMBER.")
            }
            return (parts[0], .integer(number))
        }
    }

    struct Change: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes an operator's servers, what an account is bound by, or what a user may do.",
            subcommands: [ChangeOperator.self, ChangeAccount.self, ChangeUser.self])
    }
}

extension NATSCommand.Generate {
    struct Operator: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an organization an operator.")
        @Argument(help: "The organization's name or id.") var organization: String
        @Option(help: "What it is called in tokens, subjects and files.") var name: String?
        @Option(help: "What the subjects of its domains begin with; the name and .org without it.") var prefix: String?
        @Option(help: "Where its servers are, nats://HOST:PORT; may be repeated.") var server: [String] = []
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            var body = members(["organization": organization, "name": name])
            body["subject_prefix"] = prefix.map(AttributeValue.string)
            if !server.isEmpty { body["servers"] = .list(server.map(AttributeValue.string)) }
            return (.post, api("nats", "operators"), body)
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Made operator \(answer.cell("name")), \(answer.cell("public_key"))."
        }
    }

    struct Account: APICommand {
        static let configuration = CommandConfiguration(abstract: "Makes an organization unit an account.")
        @Argument(help: "The unit's name or id.") var unit: String
        @Option(help: "What it is called in tokens and files.") var name: String?
        @OptionGroup(title: "Bounds") var bounds: NATSCommand.Bounds
        @OptionGroup var options: APIOptions

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let body = members(["unit": unit, "name": name]).merging(try bounds.body()) { $1 }
            let answer = try await client.call(.post, api("nats", "accounts"), .object(body))
            return APIAnswer(answer, "Made account \(answer.cell("name")), \(answer.cell("public_key")).")
        }
    }

    struct User: ActCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a person with the service role a user.")
        @Argument(help: "The person's login or id.") var person: String
        @Option(help: "The account; that of their unit without it.") var account: String?
        @OptionGroup(title: "Rights") var rights: NATSCommand.Rights
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            (
                .post, api("nats", "users"),
                members(["person": person, "account": account]).merging(rights.body) { $1 }
            )
        }
        func sentence(_ answer: AttributeValue) -> String {
            "Made user \(answer.cell("name")), \(answer.cell("public_key"))."
        }
    }
}

extension NATSCommand {
    struct ChangeOperator: ChangeCommand {
        static let configuration = CommandConfiguration(
            commandName: "operator", abstract: "Changes where an operator's servers are.",
            discussion: "The gateway tells these servers of accounts that have changed.")
        @Argument(help: "The operator's name or id.") var name: String
        @Option(help: "Where its servers are, nats://HOST:PORT; may be repeated.") var server: [String] = []
        @OptionGroup var options: APIOptions

        var path: String { api("nats", "operators", name) }
        var body: [String: AttributeValue] {
            server.isEmpty ? [:] : ["servers": .list(server.map(AttributeValue.string))]
        }
        func sentence(_ answer: AttributeValue) -> String { "Changed \(answer.cell("name"))." }
    }

    struct ChangeUser: ChangeCommand {
        static let configuration = CommandConfiguration(
            commandName: "user", abstract: "Changes what a user may do; its credentials are to be handed out again.")
        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup(title: "Rights") var rights: Rights
        @OptionGroup var options: APIOptions

        var path: String { api("nats", "users", user) }
        var body: [String: AttributeValue] { rights.body }
        func sentence(_ answer: AttributeValue) -> String {
            "Changed \(answer.cell("name")); hand out its credentials."
        }
    }

    struct ChangeAccount: APICommand {
        static let configuration = CommandConfiguration(
            commandName: "account", abstract: "Changes what an account is bound by.")
        @Argument(help: "The account's name or id.") var account: String
        @OptionGroup(title: "Bounds") var bounds: Bounds
        @OptionGroup var options: APIOptions

        func validate() throws {
            guard try !bounds.body().isEmpty else { throw ValidationError("Say what to change.") }
        }

        func perform(_ client: ControlClient) async throws -> APIAnswer {
            let path = api("nats", "accounts", account)
            let present = try await client.call(.get, path)
            var body = try bounds.body()
            // One bound changed leaves the others.
            for (name, value) in body {
                let known = present[name]?.object ?? [:]
                body[name] = .object(known.merging(value.object ?? [:]) { $1 })
            }
            let version = present["version"]?.integer.map { "\"v\($0)\"" }
            let answer = try await client.call(.patch, path, .object(body), ifMatch: version)
            return APIAnswer(answer, "Changed \(answer.cell("name")).")
        }
    }
}
