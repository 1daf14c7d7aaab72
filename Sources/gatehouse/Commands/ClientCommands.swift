import ArgumentParser
import Fetch
import Foundation
import Vocabulary

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Applications and services that get tokens (OAuth 2).",
        subcommands: [
            Add.self, List.self, Show.self, Preview.self, Secret.self, Disable.self, Enable.self, Delete.self,
            Keys.self, Rotate.self,
        ])

    struct Preview: ShowCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a client would get of a person: whether they may enter, scopes and claims.")
        @Argument(help: "Its client_id.") var client: String
        @Argument(help: "Their login.") var person: String
        @Option(help: "What it would ask for; everything that it may without this.") var scope: String?
        @OptionGroup var options: APIOptions

        var path: String { api("clients", client, "preview") + query(["person": person, "scope": scope]) }
    }

    struct List: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists clients.")
        static let columns: KeyValuePairs = [
            "CLIENT": "client_id", "NAME": "name", "DISABLED": "disabled", "MANAGED BY": "managed_by",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("clients") }
    }

    struct Show: ShowCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a client.")
        @Argument(help: "Its client_id.") var client: String
        @OptionGroup var options: APIOptions

        var path: String { api("clients", client) }
    }

    struct Secret: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new secret and prints it, this once.",
            discussion: "The present secret ends now, or with --old-ends at a moment: time to change over.")
        @Argument(help: "Its client_id.") var client: String
        @Option(help: "When the present secret ends (RFC 3339).") var oldEnds: String?
        @OptionGroup var options: APIOptions

        var request: ActRequest { (.post, api("clients", client, "secrets"), members(["old_ends_at": oldEnds])) }
        func sentence(_ answer: AttributeValue) -> String {
            "\(answer.cell("client_secret"))\nKeep it now: it is not shown again."
        }
    }

    struct Disable: DoCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a client off, and ends everything it was granted.")
        @Argument(help: "Its client_id.") var client: String
        @OptionGroup var options: APIOptions

        var path: String { api("clients", client, "disable") }
        func sentence(_ answer: AttributeValue) -> String { "Disabled \(client)." }
    }

    struct Enable: DoCommand {
        static let configuration = CommandConfiguration(abstract: "Switches a client on again.")
        @Argument(help: "Its client_id.") var client: String
        @OptionGroup var options: APIOptions

        var path: String { api("clients", client, "enable") }
        func sentence(_ answer: AttributeValue) -> String { "Enabled \(client)." }
    }

    struct Delete: RemoveCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a client away, with everything it was granted.")
        @Argument(help: "Its client_id.") var client: String
        @OptionGroup var options: APIOptions

        var path: String { api("clients", client) }
        func sentence(_ answer: AttributeValue) -> String { "Deleted \(client)." }
    }

    struct Keys: ListCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the keys that sign tokens.")
        static let columns: KeyValuePairs = [
            "KID": "id", "ALGORITHM": "algorithm", "STATE": "state", "SINCE": "changed_at",
        ]
        @OptionGroup var options: APIOptions

        var path: String { api("token-keys") }
    }

    struct Rotate: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begins the change to a new key that signs tokens.",
            discussion: "With --now it signs at once, and what the present key signed is believed no longer.")
        @Argument(help: "ES256, RS256, PS256 or EdDSA.") var algorithm: String
        @Flag(help: "For a key that may be in wrong hands.") var now = false
        @OptionGroup var options: APIOptions

        var request: ActRequest { (.post, api("token-keys", algorithm, "rotate"), ["now": .bool(now)]) }
        func sentence(_ answer: AttributeValue) -> String {
            now ? "Tokens are signed with a new key." : "A new key is published, and signs when its notice is over."
        }
    }
}
