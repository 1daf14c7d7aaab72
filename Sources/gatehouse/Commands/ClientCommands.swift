import ArgumentParser
import Fetch
import Foundation
import Vocabulary

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Applications and services that get tokens (OAuth 2).",
        subcommands: [
            Add.self, List.self, Show.self, Secret.self, Disable.self, Enable.self, Delete.self, Keys.self, Rotate.self,
        ])

    struct Add: ActCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a client, and prints what to paste into it.",
            discussion: "A service acts in its own name: --service-account ACCOUNT --grant client_credentials.")
        @Argument(help: "Its client_id.") var client: String
        @Option(help: "What people are shown.") var name: String?
        @Option(help: "Scopes it may ask for, such as \"orders:read orders:write\".") var scope: String?
        @Option(help: "A resource it may get tokens for (RFC 8707). May be repeated.") var resource: [String] = []
        @Option(help: "A resource that it answers for, whose tokens it may introspect. May be repeated.")
        var answersFor: [String] = []
        @Option(help: "client_credentials or urn:ietf:params:oauth:grant-type:token-exchange. May be repeated.")
        var grant: [String] = ["client_credentials"]
        @Option(help: "The service account it acts as in its own name.") var serviceAccount: String?
        @Option(help: "client_secret_basic, client_secret_post or private_key_jwt.")
        var authentication = "client_secret_basic"
        @Option(help: "Its public keys, as a JWK set or the address of one, for private_key_jwt.") var keys: String?
        @Option(help: "jwt or opaque.") var tokenFormat = "opaque"
        @Flag(help: "Its tokens are bound to a key it proves (RFC 9449).") var dpop = false
        @OptionGroup var options: APIOptions

        var request: ActRequest {
            var metadata = members(["client_name": name, "scope": scope])
            metadata["grant_types"] = .list(grant.map(AttributeValue.string))
            metadata["token_endpoint_auth_method"] = .string(authentication)
            metadata["access_token_format"] = .string(tokenFormat)
            if dpop { metadata["dpop_bound_access_tokens"] = true }
            if !resource.isEmpty { metadata["resources"] = .list(resource.map(AttributeValue.string)) }
            if let keys {
                metadata[keys.hasPrefix("https://") ? "jwks_uri" : "jwks"] =
                    keys.hasPrefix("https://")
                    ? .string(keys)
                    : (try? JSONDecoder().decode(AttributeValue.self, from: Data(keys.utf8))) ?? .string(keys)
            }
            var settings = members(["service_account": serviceAccount])
            if !answersFor.isEmpty { settings["answers_for"] = .list(answersFor.map(AttributeValue.string)) }
            return (
                .post, api("clients"),
                ["client_id": .string(client), "metadata": .object(metadata), "settings": .object(settings)]
            )
        }

        func sentence(_ answer: AttributeValue) -> String {
            var lines = [
                "Made \(client). Paste into the application:", "  issuer         \(answer.cell("issuer"))",
                "  token endpoint \(answer.cell("issuer"))/oauth2/token", "  client_id      \(client)",
            ]
            if let secret = answer["client_secret"]?.string {
                lines += ["  client_secret  \(secret)", "The secret is not shown again."]
            }
            return lines.joined(separator: "\n")
        }
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
