import ArgumentParser
import Fetch
import Vocabulary

/// A command that shows every change of one governed thing, oldest first.
protocol HistoryCommand: APICommand {
    var path: String { get }
}

extension HistoryCommand {
    func perform(_ client: ControlClient) async throws -> APIAnswer {
        let changes = try await client.all(path)
        return APIAnswer(.list(changes), changes.map(Self.text).joined(separator: "\n"))
    }

    private static func text(_ change: AttributeValue) -> String {
        let head = ["version", "at", "event", "actor"].map { Console.plain(change.cell($0)) }
        let why = ["reason", "claim"].compactMap { name in
            change[name]?.string.map { "    \(name): \(Console.plain($0))" }
        }
        let differences = (change["differences"]?.list ?? []).map { one in
            "    \(one.cell("path")): \(one.cell("before")) → \(one.cell("after"))"
        }
        return ([head.joined(separator: "  ")] + why + differences.map(Console.plain)).joined(separator: "\n")
    }
}

extension GovernedCommand {
    struct ExemptionCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exemption", abstract: "One exemption: why it was granted, and what became of it.",
            subcommands: [Show.self, History.self])

        struct Show: ShowCommand {
            static let configuration = CommandConfiguration(
                abstract: "Shows an exemption with its reason, and why it was revoked.")
            @Argument(help: "Its id.") var exemption: String
            @OptionGroup var options: APIOptions

            var path: String { api("governance", "exemptions", exemption) }
        }

        struct History: HistoryCommand {
            static let configuration = CommandConfiguration(
                abstract: "Shows who granted it and who ended it, when and why.")
            @Argument(help: "Its id.") var exemption: String
            @OptionGroup var options: APIOptions

            var path: String { api("governance", "exemptions", exemption, "history") }
        }
    }

    struct PolicySetCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "One policy set: its policies, and how they came into it.",
            subcommands: [Show.self, History.self])

        struct Show: ShowCommand {
            static let configuration = CommandConfiguration(abstract: "Shows a policy set.")
            @Argument(help: "Its id.") var set: String
            @OptionGroup var options: APIOptions

            var path: String { api("governance", "policy-sets", set) }
        }

        struct History: HistoryCommand {
            static let configuration = CommandConfiguration(
                abstract: "Shows who put which policy into it and took it out, and when.")
            @Argument(help: "Its id.") var set: String
            @OptionGroup var options: APIOptions

            var path: String { api("governance", "policy-sets", set, "history") }
        }
    }
}
